import StatsCore

/// How far the runs of a matrix are, as its journal tells. A pure value: records in, what is to be done out.
struct MatrixState: Sendable, Equatable {
    /// What became of an attempt at a run.
    enum Verdict: String, Codable, Sendable {
        case complete
        /// The run misses something, which it names.
        case incomplete
        /// A command failed.
        case failed
    }

    struct Attempt: Sendable, Equatable {
        let number: Int
        let directory: String
        let began: String
        var isMeasured = false
        var state: Verdict?
        var verdict: String?
        /// How many ticks lie in the part that counts; `nil` where nobody knows.
        var countedTicks: UInt64?
        var reasons: [String] = []
        var ended: String?
        /// Given up half-done.
        var isInterrupted = false

        /// Something of it is still to be done.
        var isOpen: Bool { ended == nil }
    }

    /// What has to be done first when a matrix goes on.
    enum Unfinished: Equatable {
        /// The attempt was given up: tear down, and do the run again.
        case halfDone
        /// All has happened, and the run is still to be closed and judged.
        case unjudged
        /// Only its tear-down is missing.
        case tearDown
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let runs: [MatrixRun]
    /// By the run's number, the newest last.
    private(set) var attempts: [Int: [Attempt]] = [:]
    /// The run of which an attempt is open.
    private(set) var open: Int?

    init(_ runs: [MatrixRun]) { self.runs = runs }

    /// - Throws: `Fault` when that can't have happened after what is known.
    mutating func apply(_ record: MatrixRecord) throws(Fault) {
        guard (1...max(1, runs.count)).contains(record.run), !runs.isEmpty else {
            throw Fault(description: "there is no run \(record.run)")
        }
        if record.event == .began {
            guard open == nil else { throw Fault(description: "run \(record.run) begins before run \(open ?? 0) has ended") }
            guard let number = record.attempt, let directory = record.directory, number == (attempts[record.run]?.last?.number ?? 0) + 1
            else {
                throw Fault(description: "run \(record.run) begins without its attempt or directory")
            }
            attempts[record.run, default: []].append(Attempt(number: number, directory: directory, began: record.time))
            open = record.run
            return
        }
        guard open == record.run, var attempt = attempts[record.run]?.popLast() else {
            throw Fault(description: "run \(record.run) has “\(record.event.rawValue)” without having begun")
        }
        if let reason = record.reason { attempt.reasons.append(reason) }
        switch record.event {
        case .began: break
        case .measured: attempt.isMeasured = true
        case .recorded:
            attempt.state = record.state ?? .failed
            attempt.verdict = record.verdict
            attempt.countedTicks = record.countedTicks
        case .ended, .interrupted:
            attempt.ended = record.time
            attempt.isInterrupted = record.event == .interrupted
            open = nil
        }
        attempts[record.run, default: []].append(attempt)
    }

    /// The newest attempt at a run; `nil` when there was none.
    func newest(_ run: Int) -> Attempt? { attempts[run]?.last }

    var unfinished: (run: MatrixRun, attempt: Attempt, what: Unfinished)? {
        guard let open, let attempt = newest(open) else { return nil }
        let what: Unfinished = attempt.state != nil ? .tearDown : attempt.isMeasured ? .unjudged : .halfDone
        return (runs[open - 1], attempt, what)
    }

    /// The next run in the order that has to be recorded; `nil` when all are.
    /// - Parameters:
    ///   - again: verdicts with which a run is recorded again, as one that was given up is anyway.
    ///   - earlier: how many attempts each run had before; what was tried again since then isn't tried once more.
    func next(again: Set<Verdict>, earlier: [Int: Int]) -> MatrixRun? {
        runs.first { run in
            guard let attempt = newest(run.number), !attempt.isInterrupted else { return true }
            return attempt.number <= earlier[run.number] ?? 0 && attempt.state.map(again.contains) ?? true
        }
    }

    /// How many attempts each run has had.
    var attemptCounts: [Int: Int] { attempts.mapValues(\.count) }

    /// Runs that have a verdict, by what it is.
    var counts: [Verdict: Int] {
        var counts: [Verdict: Int] = [:]
        for run in runs {
            if let attempt = newest(run.number), !attempt.isInterrupted, let state = attempt.state { counts[state, default: 0] += 1 }
        }
        return counts
    }
}
