import StatsCore
import Synchronization

/// Requests for the containers' counters, and the engine's answers. The container source uses it from a thread of its own.
///
/// A request never blocks: `StatsPoller` makes it. While a container's request hangs, no other is made for it and no
/// tick waits for it, so that one bad container never stalls the others.
final class StatsBoard: Sendable {
    private struct Slot {
        var reading: EngineReading?
        /// When the request under way was made, monotonic nanoseconds.
        var askedAt: UInt64?
        /// The round of that request.
        var round: UInt64 = 0
    }

    private struct State {
        var slots: [String: Slot] = [:]
        var due: [String] = []
        var round: UInt64 = 0
        var roundBegan: UInt64 = 0
        /// How many of this round's requests have no answer yet.
        var unanswered = 0
        /// How many of the latest answers came promptly and how many did not; both are halved at each round, so that old ones count for little.
        var prompt = 0
        var slow = 0
        var failures: UInt64 = 0

        mutating func ask(_ ids: [String], at now: UInt64) {
            for id in ids {
                var slot = slots[id] ?? Slot()
                guard slot.askedAt == nil else { continue }
                slot.askedAt = now
                slot.round = round
                slots[id] = slot
                due.append(id)
            }
        }
    }

    /// An answer within this time is prompt, nanoseconds. An engine that reads the counters when it is asked needs a tenth of it.
    private static let promptWithin: UInt64 = 100_000_000

    private let state = Mutex(State())
    /// Signalled when the last request of a round has been answered.
    private let answered = EventSignal()
    /// Yields when there are requests to make; only `StatsPoller` reads it.
    let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init() {
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins a round: requests the counters of these containers, except those whose last request still hangs. Forgets containers
    /// that aren't in `ids`.
    func request(ids: [String]) {
        let isNeeded = state.withLock { state in
            state.round += 1
            state.roundBegan = Clocks.monotonic()
            state.prompt /= 2
            state.slow /= 2
            // A request that the poller has not taken yet is not under way. Marked as such, it would never be made again.
            for id in state.due { state.slots[id]?.askedAt = nil }
            state.due.removeAll(keepingCapacity: true)
            state.ask(ids, at: state.roundBegan)
            state.unanswered = state.due.count
            if state.slots.count > ids.count {
                let named = Set(ids)
                state.slots = state.slots.filter { named.contains($0.key) || $0.value.askedAt != nil }
            }
            return !state.due.isEmpty
        }
        if isNeeded { waker.yield() }
    }

    /// Requests the counters of further containers in the round that goes on. The others stay known.
    func request(more ids: [String]) {
        let isNeeded = state.withLock { state in
            let before = state.due.count
            state.ask(ids, at: Clocks.monotonic())
            state.unanswered += state.due.count - before
            return state.due.count > before
        }
        if isNeeded { waker.yield() }
    }

    /// Blocks the calling thread until every request of this round is answered, at most until `deadline` (monotonic nanoseconds).
    ///
    /// It doesn't wait at all while most answers are slow: engines before 25 answer at the beat of their own collector, up to a
    /// second after the question. The tick then uses the last answers, with their age.
    func waitUntilAnswered(deadline: UInt64) {
        while true {
            let isWorthIt = state.withLock { $0.unanswered > 0 && $0.prompt >= $0.slow }
            // A signal may be left over from an earlier round, so this loops.
            guard isWorthIt, answered.wait(until: deadline) else { return }
        }
    }

    /// The last answer about a container, of any age; `nil` before the first one and when the container does not run.
    func reading(for id: String) -> EngineReading? {
        state.withLock { $0.slots[id]?.reading }
    }

    /// How many requests have failed since the start, for the agent's `read_errors`.
    var failures: UInt64 { state.withLock { $0.failures } }

    // MARK: For the poller

    /// The containers whose requests are to be made now.
    func takeDue() -> [String] {
        state.withLock { state in
            defer { state.due.removeAll(keepingCapacity: true) }
            return state.due
        }
    }

    enum Answer {
        /// A reading; `StatsBoard` fills in its monotonic time.
        case reading(EngineReading)
        case notRunning
        case failed
    }

    func answer(_ id: String, _ answer: Answer) {
        let now = Clocks.monotonic()
        let wall = Clocks.wall()
        let isLast = state.withLock { state in
            guard var slot = state.slots[id], let askedAt = slot.askedAt else { return false }
            slot.askedAt = nil
            if now - askedAt <= Self.promptWithin { state.prompt += 1 } else { state.slow += 1 }
            switch answer {
            // The same reading again: its monotonic time stays, as the two clocks don't move in step.
            case .reading(let reading) where reading.wall == slot.reading?.wall: break
            case .reading(var reading):
                // Both clocks are this host's. The wall-clock time is clamped between request and answer, so that a
                // clock that was set meanwhile can't move the reading outside of that.
                let age = UInt64(clamping: wall - reading.wall)
                reading.monotonic = max(age < now ? now - age : 0, askedAt)
                slot.reading = reading
            case .notRunning: slot.reading = nil
            case .failed: state.failures += 1
            }
            state.slots[id] = slot
            guard slot.round == state.round, state.unanswered > 0 else { return false }
            state.unanswered -= 1
            return state.unanswered == 0
        }
        if isLast { answered.signal() }
    }
}
