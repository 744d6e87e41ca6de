import StatsCore
import Synchronization

/// What `EndWatch` has read of one start of a container, or of a unit, apart from the source's own readings.
final class CgroupEnd: Sendable {
    struct Reading: Sendable {
        var counters: ContainerCounters
        /// Monotonic nanoseconds.
        var instant: UInt64
    }

    private struct State {
        var last: Reading?
        var isOver = false
        /// When it is to be read next although it hasn't ended; `nil` once it has a row.
        var next: UInt64?
    }

    private let files: CgroupFiles
    private let since: UInt64
    private let step: UInt64
    private let state: Mutex<State>

    /// The shortest time between two readings of a container that has no row yet and whose end nobody tells, in nanoseconds.
    static let shortestStep: UInt64 = 20_000_000
    /// The same where its end is told, in nanoseconds.
    static let longStep: UInt64 = 200_000_000

    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - step: the shortest time between two readings, in nanoseconds.
    init(_ files: CgroupFiles, at now: UInt64, step: UInt64 = shortestStep) {
        self.files = files
        self.step = step
        since = now
        state = Mutex(State(next: now + step))
    }

    /// The newest reading; the last of all if `isOver`.
    var last: Reading? { state.withLock { $0.last } }

    /// Whether its first process has ended.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// It has a row: from now on every tick reads it.
    func hasRow() { state.withLock { $0.next = nil } }

    // MARK: For the watch

    /// When it is to be read next, in monotonic nanoseconds; `nil` when only its end counts.
    var next: UInt64? { state.withLock { $0.next } }

    /// Reads it if it is due. The next reading is due when it is a tenth older: so, should its end be missed, at most a tenth of its life is missing, and one that
    /// waits an hour for its first row is read a hundred and fifty times.
    func step(at now: UInt64, _ buffer: inout ReadBuffer) {
        guard let due = next, due <= now else { return }
        read(&buffer)
        state.withLock { state in
            if state.next != nil { state.next = now + max(step, (now &- since) / 10) }
        }
    }

    /// Its first process has ended.
    func finish(_ buffer: inout ReadBuffer) {
        read(&buffer)
        state.withLock { state in
            state.isOver = true
            state.next = nil
        }
    }

    private func read(_ buffer: inout ReadBuffer) {
        var counters = ContainerCounters()
        // The source meets the same faults at its ticks, and counts them.
        var tally = ReadTally()
        guard let instant = files.read(into: &counters, &buffer, &tally), counters.tellsUse else { return }
        state.withLock { $0.last = Reading(counters: counters, instant: instant) }
    }
}
