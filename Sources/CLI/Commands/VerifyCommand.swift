import ArgumentParser
import StatsCore

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove from its files alone that a run is whole, or say what is missing and what is wrong.",
        discussion: """
            Reads every file of the run, counts again what run.json claims, and holds each tick of each node against gaps.csv. \
            No collector is needed, and nothing is written. Of an archive of `sonde pack` it checks every byte, and each run in it.

            Ends with status 0 when each run is complete and intact, 2 when one is incomplete, damaged or not closed, and 1 when one \
            is no run or can't be read.
            """)

    @Argument(help: "The directory of a run, or an archive of runs.", completion: .file())
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
        var archives: [ArchiveReport] = []
        var failed: CommandFailure?
        func note(_ failure: CommandFailure) {
            if let failed { complain(failed) }
            failed = failure
        }
        for directory in directories {
            let before = archives.count
            do {
                for run in try runs(in: directory, &archives) {
                    do {
                        reports.append(try RunVerification.report(on: run))
                    } catch let failure as CommandFailure {
                        // That a run of a damaged archive is none any more is a part of that damage.
                        if archives.dropFirst(before).contains(where: { !$0.isIntact }) { complain(failure) } else { note(failure) }
                    }
                }
            } catch let failure as CommandFailure {
                note(failure)
            }
        }
        let all = VerifyReports(runs: reports, archives: archives.isEmpty ? nil : archives)
        if !reports.isEmpty || !archives.isEmpty { try show(all) }
        if let failed { throw failed }
        if !all.isComplete { throw ExitCode.incomplete }
    }

    /// The runs that a path names: itself, or all of an archive, which is checked before.
    private static func runs(in path: String, _ archives: inout [ArchiveReport]) throws -> [String] {
        guard TarArchive.isFile(path) else { return [path] }
        let archive: TarArchive
        do throws(DiskError) {
            archive = try TarArchive(path)
        } catch {
            if let failure = RunSource.fileOfRun(path) { throw failure }
            guard path.hasSuffix(".tar") else {
                throw CommandFailure(
                    code: "bad_archive", message: "\(error). What `sonde pack` makes is a .tar; unpack any other archive with `tar xf`.")
            }
            archives.append(ArchiveReport(unreadable: path, error))
            return []
        }
        guard !archive.runs.isEmpty else {
            throw CommandFailure(code: "no_run", message: "\(path) holds no run: no file in it is a \(RunFiles.manifest).")
        }
        archives.append(ArchiveCheck.report(on: archive))
        return archive.runs.map { "\(path)/\($0.dropLast())" }
    }
}
