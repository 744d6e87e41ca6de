import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

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

    private let channel: any Channel

    /// Listens from now on.
    /// - Throws: `Failure` when the address can't be listened on.
    init(on address: ListenAddress, _ port: MetricsPort) async throws(Failure) {
        let connections = Connections()
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
                        try pipeline.addHandler(MetricsHandler(port, connections))
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

/// How many connections there are.
private final class Connections: Sendable {
    static let limit = 16
    private let count = Atomic<Int>(0)

    func add() -> Int { count.add(1, ordering: .relaxed).newValue }
    func remove() { count.subtract(1, ordering: .relaxed) }
}

/// One connection, which is closed behind its answer: whoever scrapes comes back in seconds, and nobody else keeps a place.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// In which a request has to come and its answer to be taken.
    private static let patience = TimeAmount.seconds(30)

    private let port: MetricsPort
    private let connections: Connections
    private var head: HTTPRequestHead?
    private var isAnswered = false
    private var end: Scheduled<Void>?

    init(_ port: MetricsPort, _ connections: Connections) {
        self.port = port
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        guard connections.add() <= Connections.limit else { return context.close(promise: nil) }
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove()
        end?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAnswered { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: answer(context, .refusal(.payloadTooLarge, "a request takes no body"))
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
