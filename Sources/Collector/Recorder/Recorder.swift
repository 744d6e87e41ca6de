import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore

/// The one place that writes: it owns the run in progress, where every agent's stream stands, and the group commit.
///
/// It runs on a thread of its own, so that a slow disk delays nobody but those who wait for it: agents that deliver rows are slowed
/// down by their sessions, which wait for each frame to be taken in.
actor Recorder {
    /// A frame that was judged to be the next of its agent.
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
        /// There is no room at present; the recorder will ask for the frame again.
        case full
        /// Another session speaks for the agent by now.
        case replaced
        case refused(Refusal)
    }

    struct Connection {
        let hello: Hello
        let address: String
        let mailbox: SessionMailbox
    }

    /// Rows are committed at the latest when so many bytes wait for it.
    static let commitBytes = 4 << 20
    /// When the disk is full, frames are turned away from so many waiting bytes on.
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
    var streams = Streams()
    /// By session.
    var connections: [UInt64: Connection] = [:]
    var lastSession: UInt64 = 0
    /// Agents whose stream has moved since the last commit, or that are to hear of the last one again.
    var moved: Set<String> = []
    var lastCommit: Int64?
    /// Missing ticks by reason, of the runs that were closed since the start.
    var missingOfClosed: [String: UInt64] = [:]
    /// Why nothing can be committed at present.
    var blocked: String?
    var retryAt: Int64 = .min
    /// What makes it impossible to go on; the process ends with it.
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

    /// What is to be done every tenth of a second: commit what waits, and let time pass for the run.
    /// - Throws: what makes it impossible to go on.
    func beat() async throws {
        if let failure { throw failure }
        do {
            let now = clock.now()
            try commitIfPossible(at: now)
            try await ageRun(at: now)
        } catch is CancellationError {
            // The collector is ending; the next one closes the run.
        } catch {
            failure = error
            throw error
        }
    }

    /// Commits for the last time, unless that is impossible. The run in progress stays as it is: the next collector on this data goes on
    /// with it. Nobody is left waiting for its end.
    func shutDown() throws {
        hasShutDown = true
        defer { dismissWaiters(Self.ending) }
        guard failure == nil else { return }
        retryAt = .min
        try commitIfPossible(at: clock.now())
    }

    static let ending = ControlFailure(code: "ending", message: "the collector is ending; the run goes on when it is started again")
}

/// Drives the recorder as long as the collector runs.
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
