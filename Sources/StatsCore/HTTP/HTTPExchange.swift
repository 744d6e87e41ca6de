import NIOCore
import NIOHTTP1
import Synchronization

/// A complete answer of an HTTP server.
package struct HTTPAnswer: Sendable {
    package var head: HTTPResponseHead
    package var body: ByteBuffer

    package init(head: HTTPResponseHead, body: ByteBuffer) { (self.head, self.body) = (head, body) }

    package var status: Int { Int(head.status.code) }
    /// Whether the connection can take another request.
    package var keepsAlive: Bool { head.isKeepAlive }
}

/// Why a request has no answer.
package struct HTTPFailure: Error, Equatable {
    package enum Code: Sendable {
        /// No complete answer came in time.
        case timeout
        /// The connection ended before the answer was complete.
        case closed
        /// The answer is larger than the accepted size.
        case tooLarge
        /// The answer is not HTTP.
        case badAnswer
    }

    package let code: Code
    package var message = ""

    package init(code: Code, message: String = "") { (self.code, self.message) = (code, message) }
}

/// One request on its way through the channel's pipeline to `HTTPExchange`. It is completed exactly once: by the answer, the deadline, the end of the
/// connection or cancellation, whichever comes first.
package final class HTTPCall: Sendable {
    package typealias Outcome = Result<HTTPAnswer, HTTPFailure>

    let head: HTTPRequestHead
    /// Empty for none.
    let body: ByteBuffer
    let deadline: NIODeadline
    /// The largest accepted body of an answer, in bytes.
    let bodyLimit: Int
    private let completion: Mutex<(@Sendable (Outcome) -> Void)?>

    package init(
        _ head: HTTPRequestHead, body: ByteBuffer = ByteBuffer(), deadline: NIODeadline, bodyLimit: Int,
        _ completion: @escaping @Sendable (Outcome) -> Void
    ) {
        self.head = head
        self.body = body
        self.deadline = deadline
        self.bodyLimit = bodyLimit
        self.completion = Mutex(completion)
    }

    package func complete(_ outcome: Outcome) {
        let waiting = completion.withLock { held in
            defer { held = nil }
            return held
        }
        waiting?(outcome)
    }

    package func fail(_ code: HTTPFailure.Code, message: String = "") { complete(.failure(HTTPFailure(code: code, message: message))) }
}

/// The end of a connection's pipeline: turns an `HTTPCall` into an HTTP request, and the parts of the response into its answer.
/// Whoever writes calls makes sure that there is at most one at a time.
package final class HTTPExchange: ChannelDuplexHandler {
    package typealias InboundIn = HTTPClientResponsePart
    package typealias OutboundIn = HTTPCall
    package typealias OutboundOut = HTTPClientRequestPart

    private var call: HTTPCall?
    private var timer: Scheduled<Void>?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    package init() {}

    package static func add(to channel: any Channel, _ last: any ChannelHandler...) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes))])
        try pipeline.addHandlers(last)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        self.call = call
        body.clear()
        head = nil
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(deadline: call.deadline) {
            call.fail(.timeout)
            channel.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(call.head)), promise: nil)
        if call.body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(call.body))), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(var part):
            // The call has ended: nobody waits for the rest of its answer.
            guard let limit = call?.bodyLimit else { return }
            guard body.readableBytes + part.readableBytes <= limit else {
                body = ByteBuffer()
                finish { $0.fail(.tooLarge, message: "more than \(limit) bytes") }
                return context.close(promise: nil)
            }
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        case .end:
            guard let head else { return }
            let answer = HTTPAnswer(head: head, body: body)
            body = ByteBuffer()
            finish { $0.complete(.success(answer)) }
            if !answer.keepsAlive { context.close(promise: nil) }
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish { $0.fail(error is IOError ? .closed : .badAnswer, message: "\(error)") }
        context.close(promise: nil)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        finish { $0.fail(.closed) }
        context.fireChannelInactive()
    }

    private func finish(_ body: (HTTPCall) -> Void) {
        timer?.cancel()
        timer = nil
        guard let ended = call else { return }
        call = nil
        body(ended)
    }
}
