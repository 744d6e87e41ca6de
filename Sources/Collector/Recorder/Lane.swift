import StatsCore
import Synchronization

/// The part of the recording that one event loop does: it checks and encodes its sessions' frames into rows that wait for the recorder.
///
/// The recorder takes everything over at each commit, with the position of each agent that has moved, so that a commit has all bytes of the frames that it
/// covers, and no others. Rows of a tick stay together, and those of an agent stay in order.
final class Lane: Sendable {
    enum Receipt: Sendable, Equatable {
        /// Taken, or dropped and counted, because the run wants nothing of it.
        case stored
        /// Too much waits for the disk: ask again when the lane calls.
        case wait
        /// The agent's node takes no part in the run yet: the recorder has to let it in first.
        case join
        /// There is no room at present; the recorder will order a rewind.
        case full
        /// A newer session of the same agent has replaced this one.
        case replaced
        case refused(Refusal)
    }

    private let state = Mutex(LaneState())
    let backlog: RowBacklog
    private let counters: RefusalCounters
    /// Has something done on the lane's event loop.
    private let perform: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// Wakes the recorder, as much waits.
    private let commitSoon: @Sendable () -> Void
    /// Called on the event loop when frames that had to wait may be tried again.
    let resume: @Sendable () -> Void

    init(
        backlog: RowBacklog, counters: RefusalCounters, perform: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        commitSoon: @escaping @Sendable () -> Void = {}, resume: @escaping @Sendable () -> Void = {}
    ) {
        self.backlog = backlog
        self.counters = counters
        self.perform = perform
        self.commitSoon = commitSoon
        self.resume = resume
    }

    /// Takes a tick that its session has found to be the agent's next frame.
    /// - Parameter frame: the bytes that `tick` was parsed from.
    func store(_ tick: TickFrame, frame: RawSpan, at place: Int, of session: UInt64, now: Int64) -> Receipt {
        add { state in
            let header = tick.header
            return state.precondition(run: header.run, seq: header.seq, first: header.seq, at: place, of: session, backlog, counters)
                ?? state.add(tick, frame: frame, at: place, now: now, counters)
        }
    }

    /// Takes a gap that its session has found to begin with the agent's next frame.
    func store(_ gap: Gap, at place: Int, of session: UInt64, now: Int64) -> Receipt {
        add { state in
            state.precondition(run: gap.run, seq: gap.seq, first: gap.firstCovered, at: place, of: session, backlog, counters)
                ?? state.add(gap, at: place, now: now, counters)
        }
    }

    private func add(_ body: (inout LaneState) -> Receipt) -> Receipt {
        let receipt = state.withLock { state in
            let before = state.byteCount
            let receipt = body(&state)
            backlog.add(state.byteCount - before)
            return receipt
        }
        if backlog.bytes >= Recorder.commitBytes, !backlog.isBlocked { commitSoon() }
        return receipt
    }

    /// The current position of an agent is to be acknowledged again.
    func repeatAck(at place: Int, of session: UInt64) {
        state.withLock { if $0.seat(place, of: session) != nil { $0.noteMoved(place) } }
    }

    /// For the recorder: looks at what waits, or changes it.
    func withState<Result>(_ body: (inout LaneState) -> Result) -> Result { state.withLock { body(&$0) } }

    /// Has something done on the event loop, and frames that had to wait tried again.
    func call(_ work: @escaping @Sendable () -> Void = {}) {
        perform { [resume] in
            work()
            resume()
        }
    }
}
