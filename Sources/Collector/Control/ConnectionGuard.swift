import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import StatsCore

/// Tells the registry what its connection waits for, limits the size and time of a request, and adds the security headers for browsers to
/// every answer, including those to refused requests.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let registry: ConnectionRegistry
    private let limits: ControlLimits
    private var requests = 0
    private var answers = 0
    private var bodyBytes = 0
    private var end: Scheduled<Void>?
    /// What comes can't be read any more.
    private var isBroken = false
    /// How long the client of the present answer may take nothing of it; `nil` for as long as it likes.
    private var patience: TimeAmount?
    private var stall: Scheduled<Void>?

    init(registry: ConnectionRegistry, limits: ControlLimits) {
        self.registry = registry
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        registry.add(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        stall?.cancel()
        registry.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            bodyBytes = 0
            close(context, in: limits.request)
        case .body(let bytes):
            // The answer says that the body is too large. What still comes is read and dropped for a moment, so that the client gets that answer.
            if bodyBytes <= limits.body, bodyBytes + bytes.readableBytes > limits.body { close(context, in: limits.farewell) }
            bodyBytes += bytes.readableBytes
        case .end:
            if bodyBytes <= limits.body { end?.cancel() }
            requests += 1
            noteState(context)
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(context, in: limits.farewell)
        isBroken = true
        // A method or a target that makes no request is as bad as what can't be parsed, and hummingbird answers to the latter only.
        context.fireErrorCaught(error is HTTP1TypeConversionError ? HTTPParserError.unknown : error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            head.headerFields.append(contentsOf: Self.headers)
            patience = limits.patience(for: head)
            guard isBroken, head.status == .badRequest, head.headerFields[.contentLength] == "0" else {
                return context.write(wrapOutboundOut(.head(head)), promise: promise)
            }
            // Hummingbird's answer to what it can't read has no body.
            head.headerFields[.contentLength] = "\(Self.rubbish.readableBytes)"
            head.headerFields[.contentType] = "application/json"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            context.write(wrapOutboundOut(.body(Self.rubbish)), promise: nil)
        case .body:
            context.write(data, promise: promise)
        case .end:
            answers += 1
            let written = promise ?? context.eventLoop.makePromise()
            written.futureResult.assumeIsolated().whenComplete { [self] _ in noteState(context) }
            context.write(data, promise: written)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        noteState(context)
        watch(context)
        context.fireChannelWritabilityChanged()
    }

    /// While the client takes nothing, the collector keeps for it what it was asked for.
    private func watch(_ context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        guard let patience, !context.channel.isWritable, let waiting = Self.waiting(context.channel) else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        stall = context.eventLoop.scheduleTask(in: patience) {
            let (guardian, context) = bound.value
            if Self.waiting(context.channel) == waiting { context.close(promise: nil) } else { guardian.watch(context) }
        }
    }

    /// How many bytes the kernel hasn't taken yet.
    private static func waiting(_ channel: any Channel) -> Int? { try? channel.syncOptions?.getOption(.bufferedWritableBytes) }

    private func noteState(_ context: ChannelHandlerContext) {
        registry.note(context.channel, isWaiting: requests <= answers || !context.channel.isWritable)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) {
        let channel = context.channel
        end?.cancel()
        end = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private static let rubbish = ByteBuffer(
        string:
            #"{"code":"bad_request","message":"this is no request of HTTP/1.1 or HTTP/1.0: check its form, its length (no coding but chunked) and the size of its headers"}"#
            + "\n")

    /// Browsers may neither run, frame, store nor guess the type of an answer, and no other site's page may read it.
    private static let headers: HTTPFields = {
        var fields = HTTPFields()
        fields[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        fields[.xContentTypeOptions] = "nosniff"
        fields[.cacheControl] = "no-store"
        fields[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
        fields[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "same-origin"
        return fields
    }()
}
