import ArgumentParser
import FoundationEssentials
import StatsCore
import SystemPackage

struct MatrixCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Record an experiment: each combination of some factors' levels, again and again, in random order.",
        discussion: """
            The plan names factors with their levels, repetitions, and commands that set a run up, load it and tear it down, each with the levels as variables. Runs are recorded \
            on this machine as `sonde record` does, or by a collector elsewhere (`collector:` in the plan, or --host). The same command goes on where it was interrupted. \
            docs/MATRIX.md has an example, and each key.

              sonde matrix plan.yaml --check
              sonde matrix plan.yaml --dry-run
              sonde matrix plan.yaml
              sonde compare plan --where cache=off --to-where cache=on

            Exit status: 0 all runs are complete, 2 some miss something, 1 a command failed or runs are still to be done, 65 the plan has faults.
            """)

    @Argument(help: "The plan's file.", completion: .file(extensions: ["yaml", "yml"]))
    var plan: String

    @Option(
        name: .shortAndLong, help: "The directory for runs.csv, logs and the runs. (default: the plan's name, in the present directory)",
        completion: .directory)
    var output: String?

    @Option(help: "The seed of the order, instead of the plan's.")
    var seed: UInt64?

    @Flag(help: "Say in words what the plan does, or all that is wrong with it, and do nothing.")
    var check = false

    @Flag(help: "Print the order of the runs, and do nothing.")
    var dryRun = false

    @Flag(help: "Also record again, each in a new directory, what has failed or misses something.")
    var retry = false

    @Flag(help: "With a collector elsewhere: copy each run into the output directory when all are recorded.")
    var download = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if output == "" { throw ValidationError("--output takes a directory; an empty text is none.") }
        if check, dryRun { throw ValidationError("Say --check or --dry-run.") }
    }

    func run() async throws {
        var plan = try MatrixPlanFile.load(plan)
        if let seed { plan.seed = seed }
        if connection.host != nil {
            if !plan.record.isEmpty {
                throw ValidationError(
                    "The plan's `record` is for runs on this machine, and --host names a collector elsewhere: leave out one or the other.")
            }
            plan.collector = try connection.endpoint().description
        }
        if check { return try Output.show(MatrixPlanText(plan), as: connection.format) }
        if dryRun { return try Output.show(MatrixOrderText(plan), as: connection.format) }
        if download, plan.collector == nil {
            throw ValidationError("--download is for runs of a collector elsewhere; these are recorded into the output directory.")
        }
        let path = output ?? plan.name
        do {
            try await record(plan, into: path)
        } catch let error as DiskError {
            throw Self.failure(error, path)
        } catch let error as SyncFailure {
            throw Self.failure(error.cause, path)
        }
    }

    private func record(_ plan: MatrixPlan, into path: String) async throws {
        let directory = try MatrixDirectory(path, for: plan)
        let again: Set<MatrixState.Verdict> = retry ? [.failed, .incomplete] : plan.onFailure == .stop ? [.failed] : []
        let end: Ending? = try await EndingSignals.run(orAtSecond: Recording.interrupted) { ending in
            guard let address = plan.collector, let endpoint = MatrixPlanReader.endpoint(address) else {
                let place = LocalPlace(
                    parent: Self.absolute(path), agentArguments: try MatrixPlan.agentArguments(plan.record, interval: plan.interval))
                try await MatrixSession(directory: directory, place: place, again: again).run(until: ending)
                return ending.value
            }
            try await connection.connected(to: endpoint) { client in
                let place = RemotePlace(client: client, plan: plan, environment: connection.environment(for: endpoint))
                try await MatrixSession(directory: directory, place: place, again: again).run(until: ending)
                if download, ending.value == nil { try await MatrixDownload(directory, place, client).run() }
            }
            return ending.value
        }
        var options = connection
        options.json = false
        let next = MatrixNext.commands(
            plan, directory.state, output: path, file: self.plan, options: (seed.map { ["--seed", "\($0)"] } ?? []) + options.arguments,
            isElsewhere: plan.collector != nil, isCopied: download)
        let report = MatrixReport(plan, directory.state, directory: path, next: next)
        try Output.show(report, as: connection.format)
        if case .interrupted(let signal) = end {
            Output.complain("Interrupted. The same command goes on with the next run.")
            throw ExitCode(128 + signal)
        }
        if report.status != 0 { throw ExitCode(report.status) }
    }

    private static func absolute(_ path: String) -> FilePath {
        let path = FilePath(path)
        return path.isAbsolute ? path : FilePath(FileManager.default.currentDirectoryPath).pushing(path)
    }

    private static func failure(_ error: DiskError, _ path: String) -> CommandFailure {
        guard error.isFull else { return CommandFailure(code: "unwritable", message: "\(error).") }
        return CommandFailure(
            code: "blocked",
            message: "The disk of \(path) is full: \(error). What is done is written down. Make room, then give the same command again.")
    }
}
