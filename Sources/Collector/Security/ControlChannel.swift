import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOTLS
import StatsCore

/// Hummingbird's HTTP/1 with `RequestForms`, and over TLS for operators only. `HummingbirdTLS` isn't used, as it reads the certificates only once.
struct ControlChannel: HTTPChannelHandler {
    let base: HTTP1Channel
    let tls: TLSContext?
    /// A connection's handler of the requests' forms.
    let forms: @Sendable () -> any RemovableChannelHandler

    /// How many bytes the kernel keeps of an answer that its client hasn't taken; it doubles them for what it adds itself. By itself it would go to 4 MB, which
    /// count as the collector's memory. And it tells of a client's progress only when a third of them is free: of so few, one that reads 10 KB/s frees that in time.
    private static let kernelBuffer: SocketOptionValue = 128 * 1024

    var responder: Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: Self.kernelBuffer)
            guard let tls else { return }
            try channel.pipeline.syncOperations.addHandlers([tls.serverHandler(), OperatorGate(logger: logger)])
        }.flatMap { base.setup(channel: channel, logger: logger) }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(forms(), position: .before(pipeline.handler(type: HTTP1ToHTTPServerCodec.self)))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Closes connections of peers that are neither an operator nor the collector's own health check.
private final class OperatorGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let peer = try? PeerCertificate(of: context.channel)
            guard peer?.role == .operator || peer?.role == .collector else {
                logger.warning(
                    "refused at the control port: its certificate is not an operator's",
                    metadata: [
                        LogKey.peer: "\(context.remoteAddress?.ipAddress ?? "?")", LogKey.reason: "\(peer?.name ?? "no certificate")",
                    ])
                context.close(promise: nil)
                return
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if TLSFailure.isTLS(error) {
            logger.warning(
                "TLS failed at the control port",
                metadata: [LogKey.peer: "\(context.remoteAddress?.ipAddress ?? "?")", LogKey.reason: "\(TLSFailure.words(error))"])
        }
        context.fireErrorCaught(error)
    }
}
