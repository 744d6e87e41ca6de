import StatsCore
import SystemPackage

/// Records what is missing of a matrix, run after run.
struct MatrixSession: Sendable {
    let directory: MatrixDirectory
    let place: any RunPlace
    /// Verdicts with which a run is recorded again.
    let again: Set<MatrixState.Verdict>
    private let heard = Progress.Heard()

    private var plan: MatrixPlan { directory.plan }

    /// A run's directory below the matrix's own: one that no other attempt has.
    static func name(_ run: MatrixRun, attempt: Int, of count: Int) -> String {
        let number = "\(run.number)"
        let zeros = String(repeating: "0", count: max(3, "\(count)".count) - number.count)
        return "run-\(zeros)\(number)" + (attempt > 1 ? ".\(attempt)" : "")
    }

    /// Goes on until no run is missing, a command has failed and the plan says to stop, or `ending` is set.
    /// - Throws: `CommandFailure`, `DiskError`, `SyncFailure`: it couldn't go on for another reason than a command. Nothing is lost by that.
    func run(until ending: Latch<Ending>) async throws {
        let earlier = directory.state.attemptCounts
        if try await !finish(until: ending), plan.onFailure == .stop { return }
        while ending.value == nil, let run = directory.state.next(again: again, earlier: earlier) {
            try await place.check(isNew: directory.state.attempts.isEmpty)
            if try await !record(run, until: ending), plan.onFailure == .stop { return }
        }
    }

    // MARK: What was interrupted

    /// Brings to its end what a killed `sonde` has left.
    /// - Returns: false when the tear-down failed.
    private func finish(until ending: Latch<Ending>) async throws -> Bool {
        guard let (run, attempt, what) = directory.state.unfinished else { return true }
        say("Run \(run.number) (\(attempt.directory)) was interrupted.")
        try await directory.log(attempt.directory).waitForOthers()
        let manifest = what == .tearDown ? nil : try await place.settle(place.name(attempt.directory))
        if what == .unjudged, let manifest { try note(manifest, of: run, RunCourse.Outcome()) }
        let isLost = what == .halfDone || what == .unjudged && manifest == nil
        let failure = try await tearDown(run, attempt.directory)
        if staysOpen(failure, attempt.directory, ending) { return true }
        let reasons = [isLost ? "it was given up half-done" : nil, failure].compactMap(\.self)
        try directory.note(record(isLost ? .interrupted : .ended, run, reason: reasons.isEmpty ? nil : reasons.joined(separator: "; ")))
        if isLost { say("It is done again; what was recorded until then stays in \(attempt.directory).") }
        if let failure { complain(failure, attempt.directory) }
        return failure == nil
    }

    /// Whether a tear-down failed while a signal came, and perhaps by it (Ctrl-C in a terminal reaches commands, too). The attempt stays open then, to be torn down once more.
    private func staysOpen(_ failure: String?, _ name: String, _ ending: Latch<Ending>) -> Bool {
        guard let failure, ending.value != nil else { return false }
        complain(failure, name)
        return true
    }

    /// Ends an attempt that a signal has interrupted.
    private func giveUp(_ run: MatrixRun, _ name: String, until ending: Latch<Ending>) async throws {
        guard !staysOpen(try await tearDown(run, name), name, ending) else { return }
        try directory.note(record(.interrupted, run, reason: ending.value?.clause))
    }

    // MARK: A run

    /// - Returns: false when one of its commands failed.
    private func record(_ run: MatrixRun, until ending: Latch<Ending>) async throws -> Bool {
        let attempt = (directory.state.newest(run.number)?.number ?? 0) + 1
        let name = Self.name(run, attempt: attempt, of: directory.state.runs.count)
        var began = record(.began, run)
        (began.attempt, began.directory) = (attempt, name)
        try directory.note(began)
        say("Run \(run.number) of \(directory.state.runs.count) (\(name)): \(levels(run)), repetition \(run.repetition)")
        var failure: String?
        do {
            failure = try await command(.setUp, run, name, until: ending)
            if failure == nil, ending.value == nil { failure = try await load(run, name, until: ending) }
            if ending.value != nil, directory.state.newest(run.number)?.state == nil {
                try await giveUp(run, name, until: ending)
                return true
            }
            if let failure, directory.state.newest(run.number)?.state == nil {
                var recorded = record(.recorded, run, reason: failure)
                recorded.state = .failed
                try directory.note(recorded)
            }
        } catch {
            // At the second signal nothing more is done, and the next `sonde matrix` tears down.
            guard !Task.isCancelled else { throw error }
            let code = (error as? CommandFailure)?.code
            if code == Recording.interrupted.code, ending.value != nil {
                try await giveUp(run, name, until: ending)
                return true
            }
            let failure = try? await tearDown(run, name)
            // A run of which only the verdict is missing, or that a collector out of reach may still record, isn't given up: the next `sonde matrix` sees to it.
            if let error = error as? CommandFailure, code != "unreachable", directory.state.newest(run.number)?.isMeasured == false {
                let reasons = [String(error.message.prefix { $0 != "\n" }), failure].compactMap(\.self)
                try directory.note(record(.interrupted, run, reason: reasons.joined(separator: "; ")))
            }
            throw error
        }
        let late = try await tearDown(run, name)
        if staysOpen(late, name, ending) { return true }
        try directory.note(record(.ended, run, reason: late))
        if let failure = failure ?? late { complain(failure, name) }
        return failure == nil && late == nil
    }

    /// Records the run itself.
    /// - Returns: why it failed; `nil` when it didn't.
    private func load(_ run: MatrixRun, _ name: String, until ending: Latch<Ending>) async throws -> String? {
        let log = try directory.log(name)
        if plan.load != nil { log.begin(.load) }
        defer { log.end() }
        let order = RecordingOrder(
            plan: plan, name: place.name(name), labels: labels(run), environment: environment(run, name), streams: log.streams,
            isOver: { outcome in
                if outcome.failure == nil { try directory.note(record(.measured, run)) }
            }, progress: Progress(isLong: true, heard: heard))
        let (manifest, outcome) = try await Self.linked(to: ending) { try await place.record(order, until: $0) }
        if ending.value != nil, outcome.failure != nil { return nil }
        try note(manifest, of: run, outcome)
        if outcome.failure == nil, outcome.countedTicks == 0 {
            Progress(isLong: true, heard: heard).warn("  \(MatrixReport.tooShort("The run has", interval: plan.interval))")
        }
        if outcome.failure == nil, !manifest.isComplete { say("  \(manifest.verdict ?? manifest.state.rawValue)") }
        return outcome.failure
    }

    private func note(_ manifest: RunManifest, of run: MatrixRun, _ outcome: RunCourse.Outcome) throws {
        var recorded = record(.recorded, run, reason: outcome.failure)
        recorded.state = outcome.failure != nil ? .failed : manifest.isComplete ? .complete : .incomplete
        recorded.countedTicks = outcome.countedTicks
        recorded.verdict = manifest.verdict
        try directory.note(recorded)
    }

    private func tearDown(_ run: MatrixRun, _ name: String) async throws -> String? {
        try await command(.tearDown, run, name, until: Latch())
    }

    /// Runs set-up or tear-down. What it leaves running goes on.
    /// - Returns: why it failed; `nil` when it didn't, or there is none.
    private func command(_ step: MatrixPlan.Step, _ run: MatrixRun, _ name: String, until ending: Latch<Ending>) async throws -> String? {
        guard let text = plan.command(step) else { return nil }
        let log = try directory.log(name)
        log.begin(step)
        defer { log.end() }
        let ended = try await TemporaryDirectory.with { directory in
            let child = try CommandChild(
                executable: .init(MatrixShell.path), words: MatrixShell.words(text), streams: log.streams,
                environment: environment(run, name), leavesRunning: true, directory: directory)
            return try await child.run { _ in await child.finish(unless: ending) }
        }
        // Cut off, it is neither done nor failed.
        try Task.checkCancellation()
        let words = step == .setUp ? "the set-up" : "the tear-down"
        return ended?.status == 0 ? nil : ended.map { "\(words) \($0.ending)" } ?? "\(words) was killed"
    }

    // MARK: What commands and records are told

    private func environment(_ run: MatrixRun, _ name: String) -> [String: String] {
        MatrixShell.environment(plan, run, directory: name).merging(place.environment) { own, _ in own }
    }

    private func labels(_ run: MatrixRun) -> [String] {
        zip(plan.factors, run.levels).map { "\($0.name)=\($1)" }
            + ["\(MatrixPlan.nameLabel)=\(plan.name)", "\(MatrixPlan.repetitionLabel)=\(run.repetition)"]
    }

    private func levels(_ run: MatrixRun) -> String { zip(plan.factors, run.levels).map { "\($0.name)=\($1)" }.joined(separator: ", ") }

    private func record(_ event: MatrixRecord.Event, _ run: MatrixRun, reason: String? = nil) -> MatrixRecord {
        var record = MatrixRecord(event, run.number)
        record.reason = reason
        return record
    }

    /// Says that a command failed, with the end of what it printed.
    private func complain(_ failure: String, _ name: String) {
        say("  \(failure): \(directory.path)/\(MatrixDirectory.logs)/\(name).log\((try? directory.log(name).lastLines) ?? "")")
    }

    private func say(_ text: String) { Output.complain(VisibleText.escape(text, keeping: "\n")) }

    /// Runs `body` with a latch of its own, which is set when the other one is.
    private static func linked<Value: Sendable>(
        to ending: Latch<Ending>, _ body: @escaping @Sendable (Latch<Ending>) async throws -> Value
    ) async throws -> Value {
        let own = Latch<Ending>()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                if let reason = try? await ending.wait() { own.set(reason) }
                return nil
            }
            group.addTask { try await body(own) }
            defer { group.cancelAll() }
            while let finished = try await group.next() { if let value = finished { return value } }
            throw CancellationError()
        }
    }
}
