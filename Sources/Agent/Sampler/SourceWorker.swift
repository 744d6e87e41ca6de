import StatsCore
import Synchronization

/// Runs one source on its own thread, so that one that hangs (a dead network filesystem, a stopped engine) delays no other.
final class SourceWorker: Sendable {
    private enum Phase {
        case idle
        case requested(TickContext)
        case reading
        /// The rows are there; nobody has taken them yet.
        case done
        case ended
    }

    let name: String
    private let phase = Mutex(Phase.idle)
    private let rows = Mutex(TickRows())
    private let errors = Atomic<UInt64>(0)
    private let isWoken = Atomic<Bool>(false)
    private let request = EventSignal()
    private let answer = EventSignal()

    /// Starts the thread and makes the source there.
    init<S: Source & ~Copyable>(name: String, _ make: @escaping @Sendable () -> S) {
        self.name = name
        PlainThread.startNeeded(name: "sonde-\(name)") { [self] in serve(make()) }
    }

    /// Files and answers that failed so far.
    var readErrors: UInt64 { errors.load(ordering: .relaxed) }

    /// Asks for a reading; false when the source is still busy with an earlier one.
    ///
    /// An earlier reading that came too late for its tick is dropped, but for its events, which `salvage` gets.
    func start(_ tick: TickContext, salvage: (borrowing TickRows) -> Void) -> Bool {
        switch take() {
        case .idle: break
        case .done: rows.withLock { salvage($0) }
        case .requested, .reading, .ended: return false
        }
        phase.withLock { $0 = .requested(tick) }
        request.signal()
        return true
    }

    /// Waits for the reading that was asked for and hands out its rows; false when it isn't there by `deadline`.
    func finish(by deadline: UInt64, _ body: (borrowing TickRows) -> Void) -> Bool {
        while true {
            if case .done = take() {
                rows.withLock { body($0) }
                return true
            }
            guard answer.wait(until: deadline) else { return false }
        }
    }

    /// Has the source's `wake` called on its thread.
    func wake() {
        isWoken.store(true, ordering: .releasing)
        request.signal()
    }

    func end() {
        phase.withLock { $0 = .ended }
        request.signal()
    }

    /// The phase, and makes it `idle` when a reading was done.
    private func take() -> Phase {
        phase.withLock { phase in
            defer { if case .done = phase { phase = .idle } }
            return phase
        }
    }

    private func serve<S: Source & ~Copyable>(_ source: consuming S) {
        while true {
            _ = request.wait(until: nil)
            if isWoken.exchange(false, ordering: .acquiring) { source.wake() }
            let next: TickContext? = phase.withLock { phase in
                switch phase {
                case .requested(let tick):
                    phase = .reading
                    return tick
                default:
                    return nil
                }
            }
            if let next {
                rows.withLock { rows in
                    rows.removeAll()
                    source.read(next, into: &rows)
                    errors.store(rows.readErrors, ordering: .relaxed)
                }
            }
            let hasEnded = phase.withLock { phase in
                switch phase {
                case .reading: phase = .done
                case .ended: return true
                case .idle, .requested, .done: break
                }
                return false
            }
            if hasEnded { return }
            if next != nil { answer.signal() }
        }
    }
}
