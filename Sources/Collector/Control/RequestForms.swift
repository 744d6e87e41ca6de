import NIOCore
import NIOHTTP1

/// What the requests on one connection ask for the form of their answers (RFC 9112, RFC 9110 section 10.1.1). Requests and answers come in, in order.
///
/// Hummingbird knows neither HTTP/1.0 nor `Expect`, and finds `close` only where it is the whole value of `Connection`.
struct RequestForms: Equatable {
    private struct Pending: Equatable {
        /// HTTP/1.0, which has no chunks: without a length the answer ends with the connection.
        var isOld: Bool
        /// The client keeps its body back until it is told to go on.
        var waitsToContinue: Bool
        var closes: Bool
    }

    /// The largest body that a client is told to send.
    let bodyLimit: Int
    /// Requests that aren't answered yet.
    private var pending: [Pending] = []

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    /// A request begins.
    /// - Returns: the head as hummingbird takes it.
    /// - Throws: `HTTPParserError` when nobody can say where this request ends.
    mutating func receive(_ given: HTTPRequestHead) throws(HTTPParserError) -> HTTPRequestHead {
        var head = given
        guard head.version.major == 1, head.version.minor <= 1 else { throw .invalidVersion }
        let isOld = head.version.minor == 0
        let codings = head.headers[canonicalForm: "Transfer-Encoding"]
        let isChunked = !codings.isEmpty
        guard !isChunked || (!isOld && codings.count == 1 && codings[0].lowercased() == "chunked") else { throw .invalidHeaderToken }
        let expected = isOld ? [] : head.headers[canonicalForm: "Expect"]
        let expectsMore = !expected.allSatisfy { $0.lowercased() == "100-continue" }
        // What is left is refused by `RequestGuard`: whether an expectation is known is decided here alone.
        if !expectsMore { head.headers.remove(name: "Expect") }
        let length = head.headers.first(name: "Content-Length").map { Int($0) ?? .max } ?? 0
        let waitsToContinue =
            !expected.isEmpty && !expectsMore && (isChunked || length > 0) && length <= bodyLimit
        // A client that is refused may or may not send the body that it announced: only the end of the connection is clear to both.
        let isRefused = !expected.isEmpty && !waitsToContinue
        let closes = isOld || isRefused || !head.isKeepAlive
        if closes { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        pending.append(Pending(isOld: isOld, waitsToContinue: waitsToContinue, closes: closes))
        return head
    }

    /// What comes can't be read from here on.
    mutating func receivedRubbish() {
        if !pending.isEmpty { pending[pending.count - 1].closes = true }
    }

    /// Whether `100 Continue` is to be sent now: only when everything before it is answered, since answers have the order of the requests.
    mutating func takeContinue() -> Bool {
        guard pending.first?.waitsToContinue == true else { return false }
        pending[0].waitsToContinue = false
        return true
    }

    /// The head of an answer, in the form that its request understands.
    func answer(_ given: HTTPResponseHead) -> HTTPResponseHead {
        guard let request = pending.first else { return given }
        var head = given
        if request.isOld { head.version = .http1_0 }
        if request.closes { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        return head
    }

    /// An answer has ended.
    mutating func answered() {
        if !pending.isEmpty { pending.removeFirst() }
    }
}

/// Applies `RequestForms` to a connection, between swift-nio's HTTP/1 and hummingbird.
final class RequestFormHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var forms: RequestForms
    private var isBroken = false

    init(bodyLimit: Int) { forms = RequestForms(bodyLimit: bodyLimit) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isBroken { return }
        guard case .head(let given) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        do throws(HTTPParserError) {
            context.fireChannelRead(wrapInboundOut(.head(try forms.receive(given))))
            tellToContinue(context)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            isBroken = true
            forms.receivedRubbish()
        }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): context.write(wrapOutboundOut(.head(forms.answer(head))), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            forms.answered()
            tellToContinue(context)
        }
    }

    private func tellToContinue(_ context: ChannelHandlerContext) {
        guard forms.takeContinue() else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }
}
