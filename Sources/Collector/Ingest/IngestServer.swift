import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

/// Listens for agents and serves each connection on its event loop (`SessionHandler`).
struct IngestServer: Service {
    /// The most connections at a time, if the process may open that many files.
    static let sessionLimit = 20_000
    /// Descriptors that connections may not use: they are for the files of a run and for the control port.
    static let reservedDescriptors = 256

    private let listener: any Channel
    private let loops: SessionLoops
    private let setting: SessionSetting

    /// Begins to listen, so that a port that is in use is reported before anything else starts. Connections are taken when it runs.
    /// - Parameter sinks: they get each tick when it comes, in this order.
    init(
        address: ListenAddress, recorder: Recorder, sinks: [any ReceivedTickSink], counters: RefusalCounters, clock: CollectorClock,
        logger: Logger, collector: String? = nil, token: Token? = nil, tls: TLSContext? = nil, budget: MemoryBudget = MemoryBudget(),
        deadlines: PeerDeadlines.Limits = PeerDeadlines.Limits(), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws {
        let throttle = LogThrottle()
        let open = OpenSessions(
            limit: min(Self.sessionLimit, max(Int(clamping: DescriptorLimit.current ?? 1024) - Self.reservedDescriptors, 64)))
        let setting = SessionSetting(
            recorder: recorder, sinks: sinks, counters: counters, throttle: throttle, clock: clock, collector: collector, token: token,
            isSecure: tls != nil, logger: logger)
        self.setting = setting
        let loops = try await SessionLoops(group, recorder, counters)
        self.loops = loops
        do {
            listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 4096)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptFaultHandler(throttle: throttle, logger: logger))
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                // Until its handshake is done, a peer can make the collector hold no more than a few such pieces.
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let sessions = loops.of(channel.eventLoop), !sessions.isClosed, open.enter() else {
                            counters.count("too_many_sessions")
                            throw Refusal(code: "too_many_sessions", message: "as many agents are connected as there is room for")
                        }
                        channel.closeFuture.whenComplete { _ in open.leave() }
                        if let tls { try channel.pipeline.syncOperations.addHandler(tls.serverHandler()) }
                        try channel.pipeline.syncOperations.addHandler(FrameHandler(budget: budget, limits: deadlines, clock: clock))
                        try channel.pipeline.syncOperations.addHandler(SessionHandler(setting, sessions))
                    }
                }
                .bind(host: address.host, port: address.port).get()
        } catch {
            throw address.failure(error, option: "--listen")
        }
    }

    /// The address on which it listens, with the real port if any port was asked for.
    var address: ListenAddress? { listener.localAddress.flatMap(ListenAddress.init) }

    /// Whose agents are let in; `nil` when all are, or a token or certificates decide.
    var users: LocalUsers? {
        get { setting.users.withLock { $0 } }
        nonmutating set { setting.users.withLock { $0 = newValue } }
    }

    func run() async throws {
        try await listener.setOption(.autoRead, value: true).get()
        await cancelWhenGracefulShutdown {
            // Ends with the task.
            try? await Task.sleep(for: .seconds(Int64.max / 2))
        }
        try? await listener.close()
        await loops.endAll()
    }
}

/// Counts the open sessions.
private final class OpenSessions: Sendable {
    private let count = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Returns false when the limit is reached; the refused session must not call `leave`.
    func enter() -> Bool {
        if count.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        leave()
        return false
    }

    func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// Ignores a connection that could not be accepted (no descriptor left, or it was reset meanwhile), so that the
/// listener goes on.
private final class AcceptFaultHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let throttle: LogThrottle
    private let logger: Logger

    init(throttle: LogThrottle, logger: Logger) {
        self.throttle = throttle
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let held = throttle.admit("accept") else { return }
        logger.warning("a connection could not be accepted", metadata: [LogKey.reason: "\(error)", LogKey.held: "\(held)"])
    }
}
