import StatsCore
import Subprocess
import SystemPackage
import UnixSignals

/// A recording of this machine: a collector and an agent on loopback ports, one run, and the recorded command.
///
/// All of it is one tree of tasks, so every way out ends all child processes first.
struct Recording: Sendable {
    let directory: OutputDirectory
    let interval: Interval
    let duration: Interval?
    let note: String?
    let command: [String]
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
        // Closing a terminal sends SIGHUP. If it ended `sonde`, the daemons would go on recording forever.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
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

    private func record(collector: FilePath, agent: FilePath, program: FilePath?, ending: Latch<Ending>) async throws -> RecordReport {
        let warn: @Sendable (String) -> Void = { progress.say($0) }
        // Nobody needs the daemons' state afterwards, and a state directory of its own lets recordings run at the same time.
        return try await TemporaryDirectory.with { state in
            // Every user of this machine can reach loopback; the token keeps them out of the recording.
            let token = Token()
            let tokenFile = state.appending("token").string
            try token.write(newFile: tokenFile)
            let daemon = Daemon(
                name: "sonde-collector", executable: collector,
                arguments: [
                    "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", directory.parent.string, "--state",
                    state.appending("collector").string, "--token-file", tokenFile,
                ])
            return try await daemon.run(ending: ending, warn: warn) { line, journal in
                guard let ready = CollectorReady(line) else {
                    throw CommandFailure(code: "daemon_failed", message: "sonde-collector is of another version: it said '\(line)'.")
                }
                return try await ControlClient.connected(to: Endpoint(ready.control), Credentials(token: token)) { client in
                    let daemon = Daemon(
                        name: "sonde-agent", executable: agent,
                        arguments: [
                            "--collector", ready.agents.description, "--state", state.appending("agent").string, "--token-file", tokenFile,
                        ] + agentArguments)
                    return try await daemon.run(ending: ending, warn: warn) { _, agentJournal in
                        try await record(
                            program: program, client: client, ending: ending,
                            journals: ["sonde-collector": journal, "sonde-agent": agentJournal])
                    }
                }
            }
        }
    }

    /// Records the run, once both daemons are ready.
    private func record(
        program: FilePath?, client: ControlClient, ending: Latch<Ending>, journals: [String: Journal]
    ) async throws -> RecordReport {
        try await waitForNode(client, ending: ending, journals: journals)
        let run = try await client.start(directory.name, interval: interval, duration: duration, expect: 1, note: note)
        let commandStatus: Int32? = try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask {
                try await progress.follow(run, client: client, ending: ending)
                return nil
            }
            if let program {
                let child = RecordedCommand(executable: program, words: command, isDiverted: keepsOutput)
                group.addTask {
                    try await waitForFirstTick(of: run, client: client, ending: ending)
                    let status = await child.run(until: ending) { progress.say($0) }
                    ending.set(.commandEnded(status))
                    return status
                }
            }
            _ = try await ending.wait()
            var status: Int32?
            while let finished = try await group.next() { status = finished ?? status }
            return status
        }
        progress.clear()
        return try await close(run, client: client, ending: ending.value, journals: journals, commandStatus: commandStatus)
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

    /// Waits for tick 0, which is set a moment ahead so that all nodes know of it. The command starts after it, so that even a short command
    /// has a reading from before it.
    private func waitForFirstTick(of run: RunReport, client: ControlClient, ending: Latch<Ending>) async throws {
        while ending.value == nil {
            if let current = try? await client.status().run, current.id == run.id, current.ticksDue > 0 { return }
            _ = try await ending.wait(within: .milliseconds(10))
        }
    }

    /// Stops the run, unless it has ended by itself, and makes the report.
    private func close(
        _ run: RunReport, client: ControlClient, ending: Ending?, journals: [String: Journal], commandStatus: Int32?
    ) async throws -> RecordReport {
        var failure: String?
        if case .daemonEnded(let name) = ending {
            let words = "\(name) ended in the middle of the recording:\(journals[name]?.lastWords ?? "")"
            guard name != "sonde-collector" else {
                throw CommandFailure(code: "daemon_failed", message: "\(words)\nWhat it had written until then is in \(directory.path).")
            }
            failure = words
        }
        let manifest: RunManifest
        do {
            manifest = try await client.stop()
        } catch let refusal as CommandFailure where refusal.code == "no_run" {
            manifest = try await client.run(named: run.name)
        }
        return RecordReport(directory: directory.path, run: manifest, commandStatus: commandStatus, failure: failure)
    }

    private static func failure(_ ending: Ending, journals: [String: Journal]) -> CommandFailure {
        guard case .daemonEnded(let name) = ending else { return interrupted }
        return CommandFailure(code: "daemon_failed", message: "\(name) ended before the run began:\(journals[name]?.lastWords ?? "")")
    }

    private static var interrupted: CommandFailure {
        CommandFailure(code: "interrupted", message: "Interrupted before the run was closed; there is no verdict.")
    }
}
