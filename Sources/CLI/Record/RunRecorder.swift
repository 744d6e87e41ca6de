import StatsCore
import Synchronization

/// Records one run at a collector: from its start over what happens in it to its verdict.
struct RunRecorder: Sendable {
    /// The recorded command, which waits to be started.
    struct Kept: Sendable {
        let child: CommandChild
        /// The process below which it will run.
        let keeper: Int32
        let cgroup: CommandCgroup?
    }

    let client: ControlClient
    let name: String
    let interval: Interval
    var duration: Interval?
    /// How many nodes there have to be.
    var expect: Int?
    var note: String?
    /// `key=value` each.
    var labels: [String] = []
    /// The recorded command's name and arguments.
    var command: [String] = []
    /// Whether the arguments are kept with the run.
    var keepsArguments = false
    /// What happens in the run; `nil` for one that lasts for its duration, or until it is ended.
    var course: RunCourse?
    let progress: Progress

    /// In microseconds.
    private static let longestWait: Int64 = 1_000_000
    /// How long a tick may be overdue.
    private static let patience = Duration.seconds(15)
    private static let patienceForRoom = Duration.seconds(5)

    /// Starts the run and goes on until it has reached its end, or `ending` is set. The run is still to be stopped then.
    func record(_ kept: Kept?, ending: Latch<Ending>) async throws -> (run: RunReport, outcome: RunCourse.Outcome) {
        let run = try await client.start(name, interval: interval, duration: duration, expect: expect, note: note, labels: labels)
        for warning in run.warnings ?? [] { progress.warn("Warning: \(warning.message)") }
        for sentence in run.environmentComparison?.sentences ?? [] { progress.say(sentence) }
        let outcome = try await withThrowingTaskGroup(of: RunCourse.Outcome?.self) { group in
            group.addTask {
                try await progress.follow(run, client: client, ending: ending)
                return nil
            }
            if let course {
                group.addTask {
                    // However it ends: nobody looks at an error of it before.
                    defer { ending.set(.commandEnded) }
                    try await waitForTicks(1, of: run, ending: ending)
                    if let reason = ending.value { return RunCourse.Outcome(failure: reason.clause) }
                    var load: RunCourse.Load?
                    if let kept { load = { await measure(kept, stop: $0) } }
                    let marks = Mutex<[RunCourse.Phase: UInt64]>([:])
                    var outcome = try await course.follow(load, ending: ending) { phase in
                        let tick = try await client.mark(phase.rawValue).tick
                        marks.withLock { $0[phase] = tick }
                    }
                    outcome.countedTicks = marks.withLock { marks in
                        marks[.measure].flatMap { begin in marks[.coolDown].map { $0 > begin ? $0 - begin : 0 } }
                    }
                    try await waitForLastTick(of: run, ending: ending)
                    return outcome
                }
            }
            _ = try await ending.wait()
            var outcome = RunCourse.Outcome()
            while let finished = try await group.next() { outcome = finished ?? outcome }
            return outcome
        }
        progress.clear()
        return (run, outcome)
    }

    /// Runs the command, and tells the collector when it begins and how it ended.
    private func measure(_ kept: Kept, stop: Latch<Ending>) async -> RecordedCommand {
        let meter = CommandMeter(command, keepsArguments: keepsArguments, cgroup: kept.cgroup, keeper: kept.keeper)
        await tell(meter.command)
        let told = await withTaskGroup(of: Void.self) { group in
            group.addTask { await meter.follow() }
            defer { group.cancelAll() }
            return await kept.child.finish(unless: stop)
        }
        let measured = meter.finish(told, signal: kept.child.signal)
        await tell(measured)
        return measured
    }

    /// The recording goes on where the collector can't take it: the report says it all the same.
    private func tell(_ command: RecordedCommand) async {
        do {
            _ = try await client.note(command)
        } catch let refusal as CommandFailure where refusal.code == "blocked" {
            progress.say("run.json doesn't say it yet: \(refusal.message)")
        } catch {
            progress.say("The run doesn't say what the command was: \(error)")
        }
    }

    /// Waits until so many ticks are due. The command starts after tick 0, which is set a moment ahead so that all nodes know of it: so even a short
    /// command has a reading from before it. Where the collector says nothing for long, what comes next finds out.
    private func waitForTicks(_ count: UInt64, of run: RunReport, ending: Latch<Ending>) async throws {
        let deadline = ContinuousClock.now + .microseconds(run.intervalUs) + Self.patience
        while ending.value == nil, ContinuousClock.now < deadline {
            if let current = try? await client.status().run, current.id == run.id, current.ticksDue >= count { return }
            _ = try await ending.wait(within: .milliseconds(10))
        }
    }

    /// Waits for one more tick, which shows what the command used up to its end, unless that would take long.
    private func waitForLastTick(of run: RunReport, ending: Latch<Ending>) async throws {
        guard run.intervalUs <= Self.longestWait, let due = try? await client.status().run?.ticksDue else { return }
        try await waitForTicks(due + 1, of: run, ending: ending)
    }

    /// Stops the run, unless it has ended by itself. Waits a while for room when the disk is full: the command may have filled it, and what it leaves may be removed.
    func stop() async throws -> RunManifest {
        let deadline = ContinuousClock.now + Self.patienceForRoom
        var isTold = false
        while true {
            do {
                return try await client.stop()
            } catch let refusal as CommandFailure where refusal.code == "no_run" {
                return try await client.run(named: name)
            } catch let refusal as CommandFailure where refusal.code == "blocked" && ContinuousClock.now < deadline {
                if !isTold { progress.say("The disk is full. The run can be closed if there is room within \(Self.patienceForRoom).") }
                isTold = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
