import StatsCore

/// What happens within a run: a load, perhaps a warm-up before the part that counts, and a cool-down behind it, each of which begins with a mark.
struct RunCourse: Sendable {
    enum Phase: String, Sendable {
        case warmUp = "warm-up"
        case measure
        case coolDown = "cool-down"
    }

    /// How it went.
    struct Outcome: Sendable {
        /// How the load ended, and what it used; absent without one.
        var load: RecordedCommand?
        /// How many ticks lie in the part that counts, from the mark `measure` to `cool-down`; `nil` where one of them was never set.
        var countedTicks: UInt64?
        /// Why it didn't go to its end, as a clause; `nil` when it did.
        var failure: String?
    }

    /// Begins the load and returns when it has ended, which it is asked to when the latch is set. `nil` when nobody knows how it ended.
    typealias Load = @Sendable (_ stop: Latch<Ending>) async -> RecordedCommand?

    /// Whether its phases are marked.
    var hasMarks = true
    /// Without it, the part that counts begins with the load.
    var warmUp: Interval?
    /// How long the part that counts lasts at most; without it, as long as the load runs.
    var duration: Interval?
    var coolDown: Interval?

    /// A load alone, whose status is nobody's concern.
    static let unmarked = RunCourse(hasMarks: false)

    /// - Parameters:
    ///   - ending: ends all of it.
    ///   - mark: tells that a phase begins.
    /// - Throws: what `mark` throws.
    func follow(_ load: Load?, ending: Latch<Ending>, mark: @Sendable (Phase) async throws -> Void) async throws -> Outcome {
        let stop = Latch<Ending>()
        let loaded = Latch<RecordedCommand?>()
        // Set by what comes first: the end of the load, or that of all.
        let over = Latch<Void>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                stop.set(.commandEnded)
                group.cancelAll()
            }
            group.addTask {
                guard let reason = try? await ending.wait() else { return }
                stop.set(reason)
                over.set(())
            }
            try await begin(warmUp == nil ? .measure : .warmUp, mark)
            if let load {
                group.addTask {
                    loaded.set(await load(stop))
                    over.set(())
                }
            }
            if let warmUp, try await over.wait(within: .microseconds(warmUp.microseconds)) != nil {
                return try await outcome(load == nil ? nil : loaded, ending, early: "the load ended within the warm-up")
            }
            if warmUp != nil { try await begin(.measure, mark) }
            if let duration {
                _ = try await over.wait(within: .microseconds(duration.microseconds))
            } else {
                try await over.wait()
            }
            if over.value != nil {
                let early = try await outcome(load == nil ? nil : loaded, ending)
                guard early.failure == nil else { return early }
            }
            try await begin(.coolDown, mark)
            let wasAsked = over.value == nil
            stop.set(.commandEnded)
            if let coolDown { _ = try await ending.wait(within: .microseconds(coolDown.microseconds)) }
            return try await outcome(load == nil ? nil : loaded, ending, wasAsked: wasAsked)
        }
    }

    private func begin(_ phase: Phase, _ mark: (Phase) async throws -> Void) async throws { if hasMarks { try await mark(phase) } }

    /// - Parameters:
    ///   - loaded: `nil` without a load.
    ///   - early: what it is called when nothing else is wrong with how it ended.
    ///   - wasAsked: the load was asked to end, so that its status says nothing.
    private func outcome(
        _ loaded: Latch<RecordedCommand?>?, _ ending: Latch<Ending>, early: String? = nil, wasAsked: Bool = false
    ) async throws -> Outcome {
        var outcome = Outcome()
        if let loaded {
            outcome.load = try await loaded.wait()
            if !wasAsked, outcome.load?.status != 0 {
                outcome.failure = outcome.load.map { "the load \($0.ending)" } ?? "the load was killed"
            }
        }
        if let reason = ending.value { outcome.failure = reason.clause }
        outcome.failure = outcome.failure ?? early
        return outcome
    }
}

extension Ending {
    /// Why something didn't get to its end.
    var clause: String {
        switch self {
        case .runOver: "somebody stopped the run"
        case .commandEnded: "it was ended"
        case .interrupted: "it was interrupted"
        case .daemonEnded(let name): "\(name) ended"
        }
    }
}
