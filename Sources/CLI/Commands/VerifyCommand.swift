import ArgumentParser
import StatsCore

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove from its files alone that a run is whole, or say what is missing and what is wrong.",
        discussion: """
            Reads every file of the run, counts again what run.json claims, and holds each tick of each node against gaps.csv. \
            No collector is needed, and nothing is written.

            Ends with status 0 when each run is complete and intact, 2 when one is incomplete, damaged or not closed, and 1 when one \
            is no run or can't be read.
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directories: [String]

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directories.contains("") { throw ValidationError("A run's directory can't be an empty text.") }
    }

    func run() throws {
        try Self.judge(directories) {
            try Output.show($0, as: connection.format)
        } complain: {
            Output.fail($0, as: connection.format)
        }
    }

    /// Verifies the runs, passes each report on to be shown, and ends with the fitting status.
    /// - Throws: the last `CommandFailure`, after earlier ones were printed; `ExitCode.incomplete`.
    static func judge(
        _ directories: [String], show: (VerifyReports) throws -> Void, complain: (CommandFailure) -> Void = { _ in }
    ) throws {
        var reports: [VerifyReport] = []
        var failed: CommandFailure?
        for directory in directories {
            do {
                reports.append(try RunVerification.report(on: directory))
            } catch let failure as CommandFailure {
                if let failed { complain(failed) }
                failed = failure
            }
        }
        if !reports.isEmpty { try show(VerifyReports(runs: reports)) }
        if let failed { throw failed }
        if reports.contains(where: { $0.result != .complete }) { throw ExitCode.incomplete }
    }
}
