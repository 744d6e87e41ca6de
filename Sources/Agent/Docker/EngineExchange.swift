import NIOCore
import NIOHTTP1
import Synchronization

/// A complete answer of the engine.
struct EngineAnswer: Sendable {
    var status: Int
    var body: ByteBuffer
    /// Whether the connection can take another request.
    var keepsAlive: Bool
}

/// One request on its way through the channel's pipeline to `EngineExchange`. It is completed exactly once: by the answer, the deadline, the end
/// of the connection or cancellation, whichever comes first.
final class EngineCall: Sendable {
    typealias Outcome = Result<EngineAnswer, EngineError>

    let socket: String
    let target: String
    let content: EngineContent
    let deadline: NIODeadline
    /// The largest accepted body, in bytes.
    let bodyLimit: Int
    private let continuation: Mutex<CheckedContinuation<Outcome, Never>?>

    init(
        socket: String, target: String, _ content: EngineContent, deadline: NIODeadline, bodyLimit: Int,
        _ continuation: CheckedContinuation<Outcome, Never>
    ) {
        self.socket = socket
        self.target = target
        self.content = content
        self.deadline = deadline
        self.bodyLimit = bodyLimit
        self.continuation = Mutex(continuation)
    }

    func complete(_ outcome: Outcome) {
        let waiting = continuation.withLock { held in
            defer { held = nil }
            return held
        }
        waiting?.resume(returning: outcome)
    }

    func fail(_ code: EngineError.Code, message: String = "") {
        complete(.failure(EngineError(code, socket: socket, target: target, message: message)))
    }
}

/// The end of a connection's pipeline: turns an `EngineCall` into an HTTP request, and the parts of the response into its answer.
/// The pool makes sure that there is at most one call at a time.
final class EngineExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = EngineCall
    typealias OutboundOut = HTTPClientRequestPart

    private var call: EngineCall?
    private var timer: Scheduled<Void>?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        self.call = call
        body.clear()
        head = nil
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(deadline: call.deadline) {
            call.fail(.timeout)
            channel.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(.engine(call.target, call.content))), promise: nil)
        if case .post(let json) = call.content, !json.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: json)))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
            let answer = EngineAnswer(status: Int(head.status.code), body: body, keepsAlive: head.isKeepAlive)
            body = ByteBuffer()
            finish { $0.complete(.success(answer)) }
            if !answer.keepsAlive { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish { $0.fail(error is IOError ? .closed : .badAnswer, message: "\(error)") }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish { $0.fail(.closed) }
        context.fireChannelInactive()
    }

    private func finish(_ body: (EngineCall) -> Void) {
        timer?.cancel()
        timer = nil
        guard let ended = call else { return }
        call = nil
        body(ended)
    }
}

/// The kind of a request.
enum EngineContent: Sendable, Equatable {
    case get
    /// Asks the engine to do something; the text is a JSON object or empty.
    case post(String)
}

extension HTTPRequestHead {
    /// A request head for the engine. A host name means nothing on a Unix socket, but HTTP/1.1 demands one.
    static func engine(_ target: String, _ content: EngineContent = .get) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "docker", "User-Agent": "sonde-agent"])
        if case .post(let json) = content {
            head.method = .POST
            head.headers.add(name: "Content-Length", value: "\(json.utf8.count)")
            if !json.isEmpty { head.headers.add(name: "Content-Type", value: "application/json") }
        }
        return head
    }
}
