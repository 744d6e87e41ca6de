import ArgumentParser
import StatsCore
import Subprocess
import SystemPackage

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
    var streams = CommandStreams()
    /// Of the command, besides those of `sonde`.
    var environment: [String: String] = [:]
    let agentArguments: [String]
    /// What happens in it; by default the command alone.
    var course: RunCourse?
    /// Is told when that is over, before the run is closed.
    var isOver: @Sendable (RunCourse.Outcome) throws -> Void = { _ in }
    let progress: Progress

    /// What became of it.
    struct Result: Sendable {
        let run: RunManifest
        let outcome: RunCourse.Outcome
        /// Why the recording itself went wrong.
        let problem: CommandFailure?
    }

    /// How long the agent on this machine may take to connect.
    private static let patience = Duration.seconds(15)

    /// Records until it is over, or `ending` is set.
    /// - Throws: `CommandFailure` when there is no run to report on.
    func run(until ending: Latch<Ending>) async throws -> Result {
        let collector = try await Executables.sibling("sonde-collector")
        let agent = try await Executables.sibling("sonde-agent")
        let program = command.isEmpty ? nil : try await Executables.command(command[0])
        let warn: @Sendable (String) -> Void = { progress.warn($0) }
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
            return try await collector.run(ending: ending, warn: warn) { line, journal in
                guard let ready = CollectorReady(line) else {
                    throw CommandFailure(code: "daemon_failed", message: "sonde-collector is of another version: it said '\(line)'.")
                }
                let control = Endpoint(ready.control)
                return try await withCommand(program, environment(for: control, tokenFile), cgroup, in: state) { command in
                    try await ControlClient.connected(to: control, Credentials(token: token)) { client in
                        let agent = Daemon(
                            name: "sonde-agent", executable: agent,
                            arguments: common + ["--collector", ready.agents.description, "--state", state.appending("agent").string]
                                + agentArguments + unitArguments(command, cgroup))
                        return try await agent.run(ending: ending, warn: warn) { _, agentJournal in
                            try await record(
                                command, client: client, ending: ending,
                                journals: ["sonde-collector": journal, "sonde-agent": agentJournal])
                        }
                    }
                }
            }
        }
    }

    /// - Parameter body: gets `nil` without a command.
    private func withCommand<Value: Sendable>(
        _ program: FilePath?, _ environment: [String: String], _ cgroup: CommandCgroup?, in directory: FilePath,
        _ body: @Sendable (RunRecorder.Kept?) async throws -> Value
    ) async throws -> Value {
        guard let program else { return try await body(nil) }
        let child = try CommandChild(
            executable: program, words: command, streams: streams, environment: environment, cgroup: cgroup?.traces, directory: directory)
        return try await child.run { try await body(RunRecorder.Kept(child: child, keeper: $0, cgroup: cgroup)) }
    }

    /// What the command finds in its environment: with it `sonde mark` in the command marks this run, and not that of a collector whose variables the user has.
    private func environment(for control: Endpoint, _ tokenFile: String) -> [String: String] {
        var variables = environment
        for name in ["SONDE_TLS_CA", "SONDE_TLS_CERTIFICATE", "SONDE_TLS_KEY"] { variables[name] = "" }
        (variables["SONDE_HOST"], variables["SONDE_PORT"]) = (control.host, "\(control.port)")
        variables["SONDE_TOKEN_FILE"] = tokenFile
        return variables
    }

    /// By which the agent knows the command's unit and its processes.
    private func unitArguments(_ command: RunRecorder.Kept?, _ cgroup: CommandCgroup?) -> [String] {
        guard let command else { return [] }
        return ["--command-of", "\(command.keeper)"] + (cgroup.map { ["--command-cgroup", $0.path] } ?? [])
            + (keepsArguments ? ["--command-arguments"] : [])
    }

    /// Records the run, once both daemons are ready.
    private func record(
        _ kept: RunRecorder.Kept?, client: ControlClient, ending: Latch<Ending>, journals: [String: Journal]
    ) async throws -> Result {
        try await waitForNode(client, ending: ending, journals: journals)
        let recorder = RunRecorder(
            client: client, name: directory.name, interval: interval, duration: duration, expect: 1, note: note, labels: labels,
            command: command, keepsArguments: keepsArguments, course: course ?? (kept == nil ? nil : .unmarked), progress: progress)
        let (_, outcome) = try await recorder.record(kept, ending: ending)
        try isOver(outcome)
        return try await close(recorder, ending: ending.value, journals: journals, outcome)
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

    /// Stops the run, unless it has ended by itself. Where it can't be closed there is a result all the same: what the command used is known here.
    private func close(
        _ recorder: RunRecorder, ending: Ending?, journals: [String: Journal], _ outcome: RunCourse.Outcome
    ) async throws -> Result {
        var failure: CommandFailure?
        if case .daemonEnded(let name) = ending {
            let words = "\(name) ended in the middle of the recording:\(journals[name]?.lastWords ?? "")"
            failure = CommandFailure(code: "daemon_failed", message: words)
            if name == "sonde-collector" {
                return try unclosed(
                    CommandFailure(
                        code: "daemon_failed",
                        message:
                            "\(words)\nWhat it had written until then is in \(directory.path), and can be closed: sonde close \(directory.path)"
                    ),
                    outcome)
            }
        }
        do {
            return Result(run: try await recorder.stop(), outcome: outcome, problem: failure)
        } catch let refusal as CommandFailure where refusal.code == "blocked" {
            return try unclosed(
                CommandFailure(
                    code: "blocked",
                    message:
                        "The run is not closed: \(refusal.message)\nWhat was written until then is in \(directory.path). Make room on that disk, then close it: sonde close \(directory.path)",
                    status: .init(2)), outcome)
        }
    }

    /// What is on the disk of a run that nobody can close.
    /// - Throws: `failure` where that says nothing.
    private func unclosed(_ failure: CommandFailure, _ outcome: RunCourse.Outcome) throws -> Result {
        guard let file = try? WholeFile(directory.path.appending(RunFiles.manifest).string, limit: 64 << 20),
            let manifest = try? RunManifest(decoding: file.bytes)
        else {
            guard let command = outcome.load else { throw failure }
            throw CommandFailure(
                code: failure.code, message: "\(failure.message)\n\(RecordReport.table(command))\nCommand \(command.ending)",
                status: failure.status)
        }
        return Result(run: manifest, outcome: outcome, problem: failure)
    }

    private static func failure(_ ending: Ending, journals: [String: Journal]) -> CommandFailure {
        guard case .daemonEnded(let name) = ending else { return interrupted }
        return CommandFailure(code: "daemon_failed", message: "\(name) ended before the run began:\(journals[name]?.lastWords ?? "")")
    }

    static var interrupted: CommandFailure {
        CommandFailure(code: "interrupted", message: "Interrupted before the run was closed; there is no verdict.")
    }
}
