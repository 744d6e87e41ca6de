import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore

/// The only writer of runs. It owns the run in progress, the position of every agent's stream, and the group commit.
///
/// It runs on a thread of its own, so that a slow disk delays only those who wait for it: a session waits until each of its frames is
/// taken, which slows down its agent.
actor Recorder {
    /// A frame that the session has found to be the agent's next one.
    enum Delivery: Sendable {
        case tick(TickFrame, frame: ByteBuffer, columns: ColumnMap)
        case gap(Gap)

        /// The id of its run.
        var run: String {
            switch self {
            case .tick(let tick, _, _): tick.header.run
            case .gap(let gap): gap.run
            }
        }

        /// The first frame that it stands for.
        var firstCovered: UInt64 {
            switch self {
            case .tick(let tick, _, _): tick.header.seq
            case .gap(let gap): gap.firstCovered
            }
        }
    }

    enum Receipt: Sendable, Equatable {
        case stored
        /// There is no room at present; the recorder will order a rewind.
        case full
        /// A newer session of the same agent has replaced this one.
        case replaced
        case refused(Refusal)
    }

    struct Connection {
        let hello: Hello
        let address: String
        let mailbox: SessionMailbox
    }

    /// The number of waiting bytes at which rows are committed at once.
    static let commitBytes = 4 << 20
    /// While the disk is full: the number of waiting bytes from which frames are refused.
    static let bufferBytes = 16 << 20
    /// How often waiting rows are committed.
    static let commitPeriod = Duration.milliseconds(100)

    nonisolated let data: DataDirectory
    let live: NewestTicks
    let counters: RefusalCounters
    let clock: CollectorClock
    let logger: Logger
    private let eventLoop: any EventLoop

    var active: ActiveRun?
    /// The run that is about to begin.
    var arming: Arming?
    var streams = Streams()
    /// By session.
    var connections: [UInt64: Connection] = [:]
    var lastSession: UInt64 = 0
    /// Agents whose stream has advanced since the last commit, or that need the last acknowledgement again.
    var moved: Set<String> = []
    var lastCommit: Int64?
    /// Missing ticks by reason, of the runs that were closed since the collector started.
    var missingOfClosed: [String: UInt64] = [:]
    /// The verdict of a run that was taken away from under the collector, until somebody stops it or starts another.
    var lost: RunManifest?
    /// Why nothing can be committed at present.
    var blocked: String?
    var retryAt: Int64 = .min
    /// The error after which the recorder can't continue; the process ends with it.
    var failure: (any Error)?
    private(set) var hasShutDown = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init(
        data: DataDirectory, live: NewestTicks, counters: RefusalCounters, clock: CollectorClock, logger: Logger, thread: any EventLoopGroup
    ) {
        self.data = data
        self.live = live
        self.counters = counters
        self.clock = clock
        self.logger = logger
        eventLoop = thread.next()
    }

    /// Runs every tenth of a second: commits waiting rows and advances the run.
    /// - Throws: an error after which the recorder can't continue.
    func beat() async throws {
        if let failure { throw failure }
        do {
            followWallClock()
            let now = clock.now()
            ageArming(at: now)
            try commitIfPossible(at: now)
            watchWallClock(at: now)
            try await ageRun(at: now)
        } catch is CancellationError {
            // The collector is shutting down; the next one closes the run.
        } catch {
            failure = error
            throw error
        }
    }

    /// Commits for the last time, if possible. The run in progress stays open: the next collector on this data directory continues
    /// it. Callers who wait for its end get an error.
    func shutDown() throws {
        hasShutDown = true
        endArming()
        defer { dismissWaiters(Self.ending) }
        guard failure == nil else { return }
        retryAt = .min
        try commitIfPossible(at: clock.now())
    }

    static let ending = ControlFailure(code: "ending", message: "the collector is ending; the run goes on when it is started again")
}

/// Drives the recorder for as long as the collector runs.
struct RecorderService: Service {
    let recorder: Recorder

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    try await recorder.beat()
                    try? await Task.sleep(for: Recorder.commitPeriod)
                }
            }
        } catch {
            try? await recorder.shutDown()
            throw error
        }
        try await recorder.shutDown()
    }
}
