import NIOCore
import NIOHTTP1
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The port at which Prometheus finds this agent's metrics, without a collector.
///
/// It has a thread of its own: to write the metrics of a host full of containers takes milliseconds, during which the connection to the collector,
/// and the clock that is measured over it, must not wait.
struct MetricsServer: Service {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The most connections. Beyond it, one that is idle gives way to a new one.
    private static let connectionLimit = 16
    private let channel: any Channel

    /// Listens from now on.
    /// - Throws: `Failure` when the address can't be listened on.
    init(on address: ListenAddress, _ port: MetricsPort, requestPatience: TimeAmount = .seconds(5)) async throws(Failure) {
        let connections = ConnectionRegistry(limit: Self.connectionLimit)
        do {
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        var limits = NIOHTTPDecoderLimitConfiguration()
                        limits.maxHeaderFieldSize = 8 * 1024
                        limits.maxHeaderListSize = 16 * 1024
                        limits.maxHeaderFieldCount = 100
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
                        try pipeline.addHandler(HTTPResponseEncoder())
                        try pipeline.addHandler(MetricsHandler(port, connections, requestPatience: requestPatience))
                    }
                }
                .bind(host: address.host, port: address.port).get()
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw Failure(description: "can't listen on \(address): \(reason). Give another address with --metrics")
        }
    }

    /// Where it listens.
    var address: ListenAddress? { channel.localAddress.flatMap { ListenAddress($0) } }

    func run() async throws {
        try? await gracefulShutdown()
        try? await channel.close()
    }
}

/// One connection, which is closed behind its answer: whoever scrapes comes back in seconds, and nobody else keeps a place.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// In which the answer has to be taken.
    private static let answerPatience = TimeAmount.seconds(30)

    private static let tooLarge = MetricsPort.Answer.refusal(.payloadTooLarge, "a request takes no body")

    private let port: MetricsPort
    private let connections: ConnectionRegistry
    private let requestPatience: TimeAmount
    private var head: HTTPRequestHead?
    private var isAnswered = false
    private var end: Scheduled<Void>?

    init(_ port: MetricsPort, _ connections: ConnectionRegistry, requestPatience: TimeAmount) {
        self.port = port
        self.connections = connections
        self.requestPatience = requestPatience
    }

    func channelActive(context: ChannelHandlerContext) {
        connections.add(context.channel)
        close(context, in: requestPatience)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) {
        let channel = context.channel
        end?.cancel()
        end = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        end?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAnswered { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            // A client that asks with `Expect: 100-continue` whether to send it learns that it need not.
            if head.headers.contains(name: "Expect") { answer(context, Self.tooLarge) }
        case .body: answer(context, Self.tooLarge)
        case .end: if let head { answer(context, port.answer(head)) }
        }
    }

    /// What isn't HTTP, or too much of it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { answer(context, .refusal(.badRequest, "that is no request")) } else { context.close(promise: nil) }
    }

    private func answer(_ context: ChannelHandlerContext, _ answer: MetricsPort.Answer) {
        guard !isAnswered else { return }
        isAnswered = true
        close(context, in: Self.answerPatience)
        var headers: HTTPHeaders = [
            "Content-Type": answer.type, "Content-Length": "\(answer.body.readableBytes)", "Connection": "close",
            "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
        ]
        if let header = answer.header { headers.add(name: header.name, value: header.value) }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))), promise: nil)
        if head?.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
