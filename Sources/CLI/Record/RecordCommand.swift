import ArgumentParser
import FoundationEssentials
import StatsCore

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record this machine with a collector and an agent of its own: no set-up at all.",
        usage: """
            sonde record [--output <dir>] [--interval 1s] [--duration 60s] [options]
            sonde record [--output <dir>] [--interval 1s] [options] -- <command> [<argument> …]
            """,
        discussion: """
            Records for the duration, or while the command runs, or until Ctrl-C. Then prints what was used, the verdict, and where the CSV \
            files are: on standard error when standard output is the command's. With --json, standard output has that JSON alone, \
            and the command's output goes to standard error. Ends with status 2 when the run is not complete, else with the command's status.
            """)

    @Option(
        name: .shortAndLong,
        help: "The directory to make for the CSV files. Nothing is overwritten. (default: sonde-<time> in the present directory)")
    var output: String?

    @Option(help: "Time between two ticks: 100ms, 1s, 5m. (default: 1s)", transform: Interval.given)
    var interval = Interval.seconds(1)

    @Option(help: "How long to record.", transform: Interval.given)
    var duration: Interval?

    @Option(help: "This machine's name in every row. (default: its hostname)")
    var node: String?

    @Option(help: "What the container table is read from: auto, docker, cgroup or off. (default: auto)")
    var containers: ContainerMode?

    @Option(
        help: ArgumentHelp(
            "Record only containers that match: a name, or image=, label=, namespace=, pod= or container=PATTERN, with * and ?; again for more. (default: all)",
            valueName: "pattern"))
    var include: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave out containers that match, whatever --include says: patterns as there; again for more. (default: none)",
            valueName: "pattern"))
    var exclude: [String] = []

    @Flag(help: "Also record the sandboxes of pods (pause), which only hold a pod's network.")
    var sandboxes = false

    @Option(
        help: ArgumentHelp(
            "Record units, which are cgroups that are no container's: by name, kind= or cgroup path as sonde-agent --units; again for more; or none. (default: services, scopes and virtual machines)",
            valueName: "pattern"))
    var units: [String] = []

    @Option(help: "Which processes are recorded: all, containers, those of units, or none.")
    var processes = ProcessScope.all

    @Option(
        help: ArgumentHelp(
            "Record only processes whose name, program or whole command line matches, with * and ?; again for more. (default: all)",
            valueName: "pattern"))
    var match: [String] = []

    @Flag(help: "With --processes all: also record the kernel's own threads.")
    var kernelThreads = false

    @Option(help: ArgumentHelp("Record only the so many processes that use most CPU time or memory. (default: all)", valueName: "number"))
    var top: Int?

    @Flag(help: "Also read of each process the memory that only it has, and its share of what it shares: uss_bytes, pss_bytes.")
    var smaps = false

    @Option(
        help: ArgumentHelp(
            "Record the metrics that an application tells Prometheus, such as app=http://127.0.0.1:8080/metrics, into metric.csv; again for more. (default: none)",
            valueName: "name=url"))
    var scrape: [String] = []

    @Option(
        help: ArgumentHelp("How many series of each target of --scrape are recorded, the first ones. (default: 2000)", valueName: "number"))
    var scrapeSeries: Int?

    @Option(help: "The Docker engine's socket. (default: /var/run/docker.sock)")
    var dockerSocket: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Where containerd and CRI-O have what names the containers without an engine. (default: /run)", valueName: "dir")
    )
    var runRoot: String?

    @Option(help: ArgumentHelp("Where Podman has it. (default: /var/lib)", valueName: "dir"))
    var lib: String?

    @Option(help: ArgumentHelp("Where a kubelet has its logs, whose names tell those of containers. (default: /var/log)", valueName: "dir"))
    var log: String?

    @Flag(help: "Record no command lines of processes, as they may hold secrets: only their names. --match knows them all the same.")
    var hideArguments = false

    @Flag(help: "Keep the command's arguments in run.json, and those of its processes in event.csv. They may hold secrets.")
    var keepArguments = false

    @Option(help: "A remark that is kept with the run.")
    var note: String?

    @OptionGroup var labels: LabelOptions

    @Argument(parsing: .postTerminator, help: "A command to record, after --.")
    var command: [String] = []

    @OptionGroup var connection: ConnectionOptions

    /// The values of `sonde-agent --containers`.
    enum ContainerMode: String, ExpressibleByArgument {
        case auto, docker, cgroup, off
    }

    /// The values of `sonde-agent --processes`.
    enum ProcessScope: String, ExpressibleByArgument {
        case all, containers, units, none
    }

    /// What is recorded where nobody says it.
    private static let usualUnits = ["kind=service", "kind=scope", "kind=vm", "kind=lxc"]

    func validate() throws {
        if connection.host != nil, try connection.endpoints().count > 1 {
            throw ValidationError(
                "`sonde record` records this machine, with a collector of its own, and --host names several others: leave it out. "
                    + "`sonde start NAME` records on all of them.")
        }
        if let top, top < 1 { throw ValidationError("--top takes a number from 1, not \(top).") }
        do throws(ScrapeTarget.Failure) { _ = try ScrapeTarget.all(scrape) } catch { throw ValidationError("\(error).") }
        if let scrapeSeries, !(1...100_000).contains(scrapeSeries) {
            throw ValidationError("--scrape-series takes a number from 1 to 100000, not \(scrapeSeries).")
        }
        if units.contains("") { throw ValidationError("--units takes a pattern, not an empty text.") }
        if processes == .units, units == ["none"] {
            throw ValidationError("--processes units are those of the recorded units, and --units none records none.")
        }
        if keepArguments, command.isEmpty { throw ValidationError("--keep-arguments is for the arguments of a command, after --.") }
        if keepArguments, hideArguments {
            throw ValidationError(
                "--keep-arguments records the command's arguments, and --hide-arguments records none: leave out one or the other.")
        }
        for (option, patterns) in [("--include", include), ("--exclude", exclude)] where patterns.contains("") {
            throw ValidationError("\(option) takes a pattern, not an empty text.")
        }
        if containers == .off, !include.isEmpty || !exclude.isEmpty || sandboxes {
            throw ValidationError(
                "--include, --exclude and --sandboxes are for containers, and --containers off records none: leave out one or the other.")
        }
        if kernelThreads, processes != .all {
            throw ValidationError("--kernel-threads takes --processes all: no container and no unit has any.")
        }
        if match.contains("") { throw ValidationError("--match takes a pattern, not an empty text.") }
        if processes == .none, !match.isEmpty || top != nil || smaps {
            throw ValidationError(
                "--match, --top and --smaps are for processes, and --processes none records none of them: leave out one or the other.")
        }
        if duration != nil && !command.isEmpty {
            throw ValidationError("A recording lasts for --duration or for as long as the command runs; give one of them.")
        }
        guard Grid.intervals.contains(interval.microseconds) else {
            throw ValidationError("--interval takes a time from 10ms to 1h, such as 500ms or 1s, not \(interval).")
        }
        if let duration, duration.microseconds < interval.microseconds {
            throw ValidationError("--duration \(duration) is shorter than --interval \(interval): there would be nothing to record.")
        }
    }

    /// The options of the recording's agent that the user chooses.
    var agentArguments: [String] {
        var arguments = ["--interval", interval.description, "--processes", processes.rawValue]
        // In one word, as a pattern may begin with a dash.
        func add(_ option: String, _ values: [String]) { arguments += values.map { "\(option)=\($0)" } }
        func add(_ option: String, _ value: String?) { add(option, value.map { [$0] } ?? []) }
        func add(_ option: String, if isSet: Bool) { if isSet { arguments.append(option) } }
        add("--match", match)
        if units != ["none"] { add("--units", units.isEmpty ? Self.usualUnits : units) }
        add("--smaps", if: smaps)
        add("--kernel-threads", if: kernelThreads)
        add("--hide-arguments", if: hideArguments)
        add("--top", top.map(String.init))
        add("--node", node)
        add("--containers", containers?.rawValue)
        add("--include", include)
        add("--exclude", exclude)
        add("--sandboxes", if: sandboxes)
        add("--scrape", scrape)
        add("--scrape-series", scrapeSeries.map(String.init))
        add("--docker-socket", dockerSocket)
        add("--run", runRoot)
        add("--lib", lib)
        add("--log", log)
        return arguments
    }

    func run() async throws {
        let directory = try OutputDirectory(
            output ?? OutputDirectory.defaultName, workingDirectory: FileManager.default.currentDirectoryPath)
        try directory.prepare()
        let recording = Recording(
            directory: directory, interval: interval, duration: duration, note: note, labels: labels.label, command: command,
            keepsArguments: keepArguments,
            streams: connection.format == .json ? .diverted : CommandStreams(),
            agentArguments: agentArguments,
            progress: Progress(isLong: duration.map { $0.microseconds > Progress.threshold } ?? true))
        // The first signal closes the run.
        let recorded = try await EndingSignals.run(orAtSecond: Recording.interrupted) { try await recording.run(until: $0) }
        let report = RecordReport(
            directory: directory.path, run: recorded.run, command: recorded.outcome.load, failure: recorded.problem,
            patterns: RecordPatterns(include: include, match: match, units: units))
        switch connection.format {
        // What reads standard output gets what the command writes, and nothing else.
        case .text where !command.isEmpty: Output.complain(report.text)
        case let format: try Output.show(report, as: format)
        }
        if let problem = report.problem { throw problem }
        let status = report.status
        if status != 0 { throw ExitCode(status) }
    }
}
