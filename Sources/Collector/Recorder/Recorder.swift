import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore

/// The only writer of runs. It owns the run in progress, the position of every agent's stream, and the group commit.
///
/// Frames are checked and encoded on the event loops (`Lane`), and taken over from there at each commit. The recorder runs on a thread of its own, so that a slow
/// disk delays nobody but those whose rows have no room meanwhile.
actor Recorder {
    struct Connection: Sendable {
        let hello: Hello
        let address: String
        let orders: any SessionOrders
        let lane: Lane
        /// In the lane.
        let place: Int
    }

    /// The number of waiting bytes at which rows are committed at once.
    static let commitBytes = 4 << 20
    /// While the disk is full: the number of waiting bytes from which frames are refused; while it is only slow, from which agents wait.
    static let bufferBytes = 16 << 20
    /// How often waiting rows are committed.
    static let commitPeriod = Duration.milliseconds(100)

    nonisolated let data: DataDirectory
    let live: NewestTicks
    /// What agents have told of their hosts. Sessions write it, before they tell the recorder that an agent is ready.
    nonisolated let environments: NodeEnvironments
    nonisolated let heartbeat = Heartbeat()
    let counters: RefusalCounters
    nonisolated let clock: CollectorClock
    let logger: Logger
    /// Called when a run has been closed.
    let runEnded: @Sendable () -> Void
    /// Waits until all ticks that came survive this process wherever else they were shown.
    let settle: @Sendable () -> Void
    private let eventLoop: any EventLoop

    var active: ActiveRun?
    /// The run that is about to begin.
    var arming: Arming?
    /// The run that waits for the other collectors of a group.
    var held: Held?
    /// Groups whose run was taken back, the newest last: an order to hold it that is still under way, or comes later, is refused.
    var disarmed: [String] = []
    var streams = Streams()
    /// What waits for the disk, here and in the lanes.
    nonisolated let backlog: RowBacklog
    /// One for each event loop with sessions.
    private(set) var lanes: [Lane]
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
        data: DataDirectory, live: NewestTicks, counters: RefusalCounters, clock: CollectorClock, logger: Logger,
        thread: any EventLoopGroup,
        backlog: RowBacklog = RowBacklog(), lanes: [Lane] = [], environments: NodeEnvironments = NodeEnvironments(),
        settle: @escaping @Sendable () -> Void = {}, runEnded: @escaping @Sendable () -> Void = {}
    ) {
        self.data = data
        self.live = live
        self.counters = counters
        self.clock = clock
        self.logger = logger
        self.settle = settle
        self.runEnded = runEnded
        self.backlog = backlog
        self.lanes = lanes
        self.environments = environments
        eventLoop = thread.next()
    }

    /// From now on takes over what these have, too.
    func add(_ lanes: [Lane]) {
        self.lanes += lanes
        if let run = active, !run.isSealed { openLanes(for: run) }
    }

    /// Runs every tenth of a second: commits waiting rows and advances the run.
    /// - Throws: an error after which the recorder can't continue.
    func beat() async throws {
        if let failure { throw failure }
        do {
            followWallClock()
            let now = clock.now()
            ageArming(at: now)
            ageHeld(at: now)
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
        dropHeld()
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
