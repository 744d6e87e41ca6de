import ArgumentParser
import StatsCore
import Subprocess
import SystemPackage
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A recording of this machine: a collector and an agent on loopback ports, one run, and the recorded command.
///
/// All of it is one tree of tasks, so every way out ends all child processes first.
struct Recording: Sendable {
    let directory: OutputDirectory
    let interval: Interval
    let duration: Interval?
    let note: String?
    /// `key=value` each.
    let labels: [String]
    let command: [String]
    /// Whether the command's arguments are kept with the run.
    let keepsArguments: Bool
    /// Whether standard output is kept for the report.
    let keepsOutput: Bool
    let agentArguments: [String]
    let progress: Progress

    /// How long the agent on this machine may take to connect.
    private static let patience = Duration.seconds(15)

    /// - Throws: `CommandFailure` when there is no run to report on.
    func run() async throws -> RecordReport {
        let collector = try await Executables.sibling("sonde-collector")
        let agent = try await Executables.sibling("sonde-agent")
        let program = command.isEmpty ? nil : try await Executables.command(command[0])
        let ending = Latch<Ending>()
        let signals = await UnixSignalsSequence(trapping: Self.signals)
        return try await withThrowingTaskGroup(of: RecordReport?.self) { group in
            group.addTask { try await record(collector: collector, agent: agent, program: program, ending: ending) }
            group.addTask {
                // The first signal closes the run. A second one ends `sonde` without waiting for that.
                var count = 0
                for await signal in signals {
                    count += 1
                    ending.set(.interrupted(signal.rawValue))
                    if count > 1 { throw Self.interrupted }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let report = finished { return report }
            }
            throw Self.interrupted
        }
    }

    /// Those that close the run. Closing a terminal sends SIGHUP, unless `sonde` was started to outlive it, as by nohup(1).
    private static var signals: [UnixSignal] {
        let before = signal(SIGHUP, SIG_IGN)
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return [.sigint, .sigterm] + (isIgnored ? [] : [.sighup])
    }

    private func record(collector: FilePath, agent: FilePath, program: FilePath?, ending: Latch<Ending>) async throws -> RecordReport {
        let warn: @Sendable (String) -> Void = { progress.say($0) }
        // Made before the run, so that the command's unit has a row at each tick, from zero on; removed when the last has been read.
        let cgroup = program == nil ? nil : CommandCgroup()
        defer { cgroup?.remove() }
        // Nobody needs the daemons' state afterwards, and a state directory of its own lets recordings run at the same time.
        return try await TemporaryDirectory.with { state in
            // Every user of this machine can reach loopback; the token keeps them out of the recording.
            let token = Token()
            let tokenFile = state.appending("token").string
            try token.write(newFile: tokenFile)
            // When this process is killed, the daemons close the run and end.
            let hold = try LifelineHold(making: state.appending("lifeline"))
            defer { hold.letGo() }
            let common = ["--token-file", tokenFile, "--lifeline", hold.path]
            let collector = Daemon(
                name: "sonde-collector", executable: collector,
                arguments: common + [
                    "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", directory.parent.string, "--state",
                    state.appending("collector").string,
                ])
            return try await withCommand(program, cgroup, in: state) { command in
                try await collector.run(ending: ending, warn: warn) { line, journal in
                    guard let ready = CollectorReady(line) else {
                        throw CommandFailure(code: "daemon_failed", message: "sonde-collector is of another version: it said '\(line)'.")
                    }
                    return try await ControlClient.connected(to: Endpoint(ready.control), Credentials(token: token)) { client in
                        let agent = Daemon(
                            name: "sonde-agent", executable: agent,
                            arguments: common + ["--collector", ready.agents.description, "--state", state.appending("agent").string]
                                + agentArguments + unitArguments(command, cgroup))
                        return try await agent.run(ending: ending, warn: warn) { _, agentJournal in
                            try await record(
                                command, cgroup: cgroup, client: client, ending: ending,
                                journals: ["sonde-collector": journal, "sonde-agent": agentJournal])
                        }
                    }
                }
            }
        }
    }

    /// The command that is to be recorded, and the process below which it will run.
    private struct Kept: Sendable {
        let child: CommandChild
        let keeper: Int32
    }

    /// - Parameter body: gets `nil` without a command.
    private func withCommand<Value: Sendable>(
        _ program: FilePath?, _ cgroup: CommandCgroup?, in directory: FilePath, _ body: @Sendable (Kept?) async throws -> Value
    ) async throws -> Value {
        guard let program else { return try await body(nil) }
        let child = try CommandChild(
            executable: program, words: command, isDiverted: keepsOutput, cgroup: cgroup?.traces, directory: directory)
        return try await child.run { try await body(Kept(child: child, keeper: $0)) }
    }

    /// By which the agent knows the command's unit and its processes.
    private func unitArguments(_ command: Kept?, _ cgroup: CommandCgroup?) -> [String] {
        guard let command else { return [] }
        return ["--command-of", "\(command.keeper)"] + (cgroup.map { ["--command-cgroup", $0.path] } ?? [])
            + (keepsArguments ? ["--command-arguments"] : [])
    }

    /// Records the run, once both daemons are ready.
    private func record(
        _ kept: Kept?, cgroup: CommandCgroup?, client: ControlClient, ending: Latch<Ending>, journals: [String: Journal]
    ) async throws -> RecordReport {
        try await waitForNode(client, ending: ending, journals: journals)
        let run = try await client.start(directory.name, interval: interval, duration: duration, expect: 1, note: note, labels: labels)
        for warning in run.warnings ?? [] { progress.say("Warning: \(warning.message)") }
        for sentence in run.environmentComparison?.sentences ?? [] { progress.say(sentence) }
        let measured: RecordedCommand? = try await withThrowingTaskGroup(of: RecordedCommand?.self) { group in
            group.addTask {
                try await progress.follow(run, client: client, ending: ending)
                return nil
            }
            if let kept {
                group.addTask {
                    try await waitForTicks(1, of: run, client: client, ending: ending)
                    if ending.value != nil { return nil }
                    let measured = await measure(kept, cgroup, client: client, ending: ending)
                    try await waitForLastTick(of: run, client: client, ending: ending)
                    ending.set(.commandEnded)
                    return measured
                }
            }
            _ = try await ending.wait()
            var measured: RecordedCommand?
            while let finished = try await group.next() { measured = finished ?? measured }
            return measured
        }
        progress.clear()
        return try await close(run, client: client, ending: ending.value, journals: journals, command: measured)
    }

    /// Runs the command, and tells the collector when it begins and how it ended.
    private func measure(_ kept: Kept, _ cgroup: CommandCgroup?, client: ControlClient, ending: Latch<Ending>) async -> RecordedCommand {
        let meter = CommandMeter(command, keepsArguments: keepsArguments, cgroup: cgroup, keeper: kept.keeper)
        await tell(meter.command, client)
        let told = await withTaskGroup(of: Void.self) { group in
            group.addTask { await meter.follow() }
            defer { group.cancelAll() }
            return await kept.child.finish(unless: ending)
        }
        let measured = meter.finish(told, signal: kept.child.signal)
        await tell(measured, client)
        return measured
    }

    /// The recording goes on where the collector can't take it: the report says it all the same.
    private func tell(_ command: RecordedCommand, _ client: ControlClient) async {
        do {
            _ = try await client.note(command)
        } catch let refusal as CommandFailure where refusal.code == "blocked" {
            progress.say("run.json doesn't say it yet: \(refusal.message)")
        } catch {
            progress.say("The run doesn't say what the command was: \(error)")
        }
    }

    private func waitForNode(_ client: ControlClient, ending: Latch<Ending>, journals: [String: Journal]) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let end = ending.value { throw Self.failure(end, journals: journals) }
            if try await client.instances().nodes.contains(where: \.isConnected) { return }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    code: "daemon_failed",
                    message: "sonde-agent didn't reach sonde-collector within \(Self.patience):\(journals["sonde-agent"]?.lastWords ?? "")")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until so many ticks are due. The command starts after tick 0, which is set a moment ahead so that all nodes know of it: so even a short
    /// command has a reading from before it.
    private func waitForTicks(_ count: UInt64, of run: RunReport, client: ControlClient, ending: Latch<Ending>) async throws {
        while ending.value == nil {
            if let current = try? await client.status().run, current.id == run.id, current.ticksDue >= count { return }
            _ = try await ending.wait(within: .milliseconds(10))
        }
    }

    /// Waits for one more tick, which shows what the command used up to its end, unless that would take long.
    private func waitForLastTick(of run: RunReport, client: ControlClient, ending: Latch<Ending>) async throws {
        guard run.intervalUs <= Self.longestWait, let due = try? await client.status().run?.ticksDue else { return }
        try await waitForTicks(due + 1, of: run, client: client, ending: ending)
    }

    /// In microseconds.
    private static let longestWait: Int64 = 1_000_000

    /// Stops the run, unless it has ended by itself, and makes the report. Where the run can't be closed there is a report all the same: what the command used is known here.
    private func close(
        _ run: RunReport, client: ControlClient, ending: Ending?, journals: [String: Journal], command: RecordedCommand?
    ) async throws -> RecordReport {
        var failure: CommandFailure?
        if case .daemonEnded(let name) = ending {
            let words = "\(name) ended in the middle of the recording:\(journals[name]?.lastWords ?? "")"
            failure = CommandFailure(code: "daemon_failed", message: words)
            if name == "sonde-collector" {
                return try unclosed(
                    CommandFailure(code: "daemon_failed", message: "\(words)\nWhat it had written until then is in \(directory.path)."),
                    command)
            }
        }
        do {
            return RecordReport(directory: directory.path, run: try await stop(run, client), command: command, failure: failure)
        } catch let refusal as CommandFailure where refusal.code == "blocked" {
            return try unclosed(
                CommandFailure(
                    code: "blocked",
                    message:
                        "The run is not closed: \(refusal.message)\nWhat was written until then is in \(directory.path). Make room on that disk, or name another --output.",
                    status: .init(2)), command)
        }
    }

    /// Waits a while for room when the disk is full: the command may have filled it, and what it leaves may be removed.
    private func stop(_ run: RunReport, _ client: ControlClient) async throws -> RunManifest {
        let deadline = ContinuousClock.now + Self.patienceForRoom
        var isTold = false
        while true {
            do {
                return try await client.stop()
            } catch let refusal as CommandFailure where refusal.code == "no_run" {
                return try await client.run(named: run.name)
            } catch let refusal as CommandFailure where refusal.code == "blocked" && ContinuousClock.now < deadline {
                if !isTold { progress.say("The disk is full. The run can be closed if there is room within \(Self.patienceForRoom).") }
                isTold = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private static let patienceForRoom = Duration.seconds(5)

    /// A report of what is on the disk of a run that nobody can close.
    /// - Throws: `failure` where that says nothing.
    private func unclosed(_ failure: CommandFailure, _ command: RecordedCommand?) throws -> RecordReport {
        guard let file = try? WholeFile(directory.path.appending(RunFiles.manifest).string, limit: 64 << 20),
            let manifest = try? RunManifest(decoding: file.bytes)
        else {
            guard let command else { throw failure }
            throw CommandFailure(
                code: failure.code, message: "\(failure.message)\n\(RecordReport.table(command))\nCommand \(command.ending)",
                status: failure.status)
        }
        return RecordReport(directory: directory.path, run: manifest, command: command, failure: failure)
    }

    private static func failure(_ ending: Ending, journals: [String: Journal]) -> CommandFailure {
        guard case .daemonEnded(let name) = ending else { return interrupted }
        return CommandFailure(code: "daemon_failed", message: "\(name) ended before the run began:\(journals[name]?.lastWords ?? "")")
    }

    private static var interrupted: CommandFailure {
        CommandFailure(code: "interrupted", message: "Interrupted before the run was closed; there is no verdict.")
    }
}
