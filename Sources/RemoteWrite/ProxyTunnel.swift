import NIOCore

/// Asks a proxy for a connection to the target (CONNECT, RFC 9110, section 9.3.6), and leaves the pipeline when it has one.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private let request: String
    private let isOpen: EventLoopPromise<Void>
    private var answer = ByteBuffer()
    private var isDone = false
    private static let longestHead = 16 << 10

    init(to target: WebAuthority, _ authorization: String?, _ isOpen: EventLoopPromise<Void>) {
        var request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let authorization { request += "Proxy-Authorization: \(authorization)\r\n" }
        self.request = request + "\r\n"
        self.isOpen = isOpen
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        var part = unwrapInboundIn(data)
        answer.writeBuffer(&part)
        let text = String(buffer: answer)
        guard let end = text.firstRange(of: "\r\n\r\n") else {
            if answer.readableBytes > Self.longestHead { fail(context, "its answer to CONNECT isn't HTTP") }
            return
        }
        let words = text[..<end.lowerBound].prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].hasPrefix("2") else {
            let told = words.dropFirst().joined(separator: " ")
            return fail(context, told.isEmpty ? "its answer to CONNECT isn't HTTP" : "it answers \(told) to CONNECT")
        }
        isDone = true
        // Whatever comes next belongs to the target, which says nothing before it is asked.
        isOpen.succeed(())
    }

    private func fail(_ context: ChannelHandlerContext, _ words: String) {
        isDone = true
        isOpen.fail(Refused(description: "the proxy refuses: \(words)"))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isDone { isOpen.fail(error) }
        isDone = true
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { isOpen.fail(Refused(description: "the proxy closed the connection")) }
        isDone = true
        context.fireChannelInactive()
    }
}

/// Host and port, as CONNECT names them.
struct WebAuthority: Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
