import ArgumentParser
import FoundationEssentials
import StatsCore

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record this machine with a collector and an agent of its own: no set-up at all.",
        usage: """
            sonde record --output <dir> [--interval 1s] [--duration 60s] [options]
            sonde record --output <dir> [--interval 1s] [options] -- <command> [<argument> …]
            """,
        discussion: """
            Records for the duration, or while the command runs, or until Ctrl-C. Then prints where the CSV files are, what used most, \
            and the verdict. Ends with status 2 when the run is not complete, else with the command's status.
            """)

    @Option(name: .shortAndLong, help: "The directory to make for the CSV files. Nothing is overwritten.")
    var output: String

    @Option(help: "Time between two ticks: 100ms, 1s, 5m.")
    var interval = Interval.seconds(1)

    @Option(help: "How long to record.")
    var duration: Interval?

    @Option(help: "This machine's name in every row. (default: its hostname)")
    var node: String?

    @Option(help: "What the container table is read from: auto, docker, cgroup or off. (default: auto)")
    var containers: ContainerMode?

    @Option(help: "The Docker engine's socket. (default: /var/run/docker.sock)")
    var dockerSocket: String?

    @Option(help: "A remark that is kept with the run.")
    var note: String?

    @Argument(parsing: .postTerminator, help: "A command to record, after --.")
    var command: [String] = []

    @OptionGroup var connection: ConnectionOptions

    /// The values of `sonde-agent --containers`.
    enum ContainerMode: String, ExpressibleByArgument {
        case auto, docker, cgroup, off
    }

    func validate() throws {
        if duration != nil && !command.isEmpty {
            throw ValidationError("A recording lasts for --duration or for as long as the command runs; give one of them.")
        }
        if let duration, duration.microseconds < interval.microseconds {
            throw ValidationError("--duration \(duration) is shorter than --interval \(interval): there would be nothing to record.")
        }
    }

    func run() async throws {
        let directory = try OutputDirectory(output, workingDirectory: FileManager.default.currentDirectoryPath)
        try directory.prepare()
        var agentArguments: [String] = ["--interval", interval.description]
        if let node { agentArguments += ["--node", node] }
        if let containers { agentArguments += ["--containers", containers.rawValue] }
        if let dockerSocket { agentArguments += ["--docker-socket", dockerSocket] }
        let recording = Recording(
            directory: directory, interval: interval, duration: duration, note: note, command: command, agentArguments: agentArguments,
            progress: Progress(isLong: duration.map { $0.microseconds > Progress.threshold } ?? true))
        let report = try await recording.run()
        try Output.show(report, as: connection.format)
        if let failure = report.failure { throw CommandFailure(code: "daemon_failed", message: failure) }
        let status = report.status
        if status != 0 { throw ExitCode(status) }
    }
}
