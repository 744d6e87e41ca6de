import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

/// Listens for agents and serves each connection in a task of its own, which can't take the others down.
struct IngestServer: Service {
    /// The most connections at a time, if the process may open that many files.
    static let sessionLimit = 10_000
    /// Descriptors that connections may not use: they are for the files of a run and for the control port.
    static let reservedDescriptors = 256

    private let listener: NIOAsyncChannel<Session.Connection, Never>
    private let recorder: Recorder
    private let sinks: [any ReceivedTickSink]
    private let counters: RefusalCounters
    private let throttle = LogThrottle()
    private let clock: CollectorClock
    private let logger: Logger
    private let token: Token?
    private let tls: TLSContext?
    /// Whose agents are let in; `nil` when all are, or a token or certificates decide.
    var users: LocalUsers?
    private let open = OpenSessions(
        limit: min(sessionLimit, max(Int(clamping: DescriptorLimit.current ?? 1024) - reservedDescriptors, 64)))

    /// Begins to listen, so that a port that is in use is reported before anything else starts.
    /// - Parameter sinks: they get each tick when it comes, in this order.
    init(
        address: ListenAddress, recorder: Recorder, sinks: [any ReceivedTickSink], counters: RefusalCounters, clock: CollectorClock,
        logger: Logger, token: Token? = nil, tls: TLSContext? = nil, budget: MemoryBudget = MemoryBudget(),
        deadlines: PeerDeadlines.Limits = PeerDeadlines.Limits(), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws {
        self.recorder = recorder
        self.sinks = sinks
        self.counters = counters
        self.clock = clock
        self.logger = logger
        self.token = token
        self.tls = tls
        let throttle = throttle
        do {
            listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptFaultHandler(throttle: throttle, logger: logger))
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                // Until its handshake is done, a peer can make the collector hold no more than a few such pieces.
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
                .bind(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls { try channel.pipeline.syncOperations.addHandler(tls.serverHandler()) }
                        try channel.pipeline.syncOperations.addHandler(FrameHandler(budget: budget, limits: deadlines, clock: clock))
                        return try Session.Connection(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(
                                backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4), isOutboundHalfClosureEnabled: false))
                    }
                }
        } catch {
            throw address.failure(error, option: "--listen")
        }
    }

    /// The address on which it listens, with the real port if any port was asked for.
    var address: ListenAddress? { listener.channel.localAddress.flatMap(ListenAddress.init) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                do {
                    try await listener.executeThenClose { connections in
                        for try await connection in connections {
                            guard open.enter() else {
                                counters.count("too_many_sessions")
                                connection.channel.close(promise: nil)
                                group.addTask { await session(connection).run() }
                                continue
                            }
                            group.addTask {
                                await session(connection).run()
                                open.leave()
                            }
                        }
                    }
                } catch is CancellationError {
                    // The collector is shutting down.
                } catch {
                    logger.error("no more connections are accepted", metadata: [LogKey.reason: "\(error)"])
                }
            }
        }
    }

    private func session(_ connection: Session.Connection) -> Session {
        Session(
            connection: connection, recorder: recorder, sinks: sinks, counters: counters, throttle: throttle, clock: clock, token: token,
            isSecure: tls != nil, users: users, logger: logger)
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
