import ArgumentParser
import StatsCore
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

struct CloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Close a run on this machine that nobody records any more.",
        discussion: """
            For a run whose `sonde record` was killed with its daemons, or couldn't be closed as the disk was full, or whose collector won't come back: it is closed at the last \
            tick that is on the disk, and run.json says so (abandoned). What no agent could deliver any more is named in gaps.csv. A run in progress is refused: `sonde stop` \
            closes that. Ends with status 2 when the run is not complete.
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directory: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard let resolved = realpath(directory, nil) else {
            throw CommandFailure(code: "unreadable", message: "\(directory) can't be opened: \(Errno(rawValue: errno)).")
        }
        defer { free(resolved) }
        let path = FilePath(String(cString: resolved))
        guard let name = path.lastComponent else { throw CommandFailure(code: "no_run", message: "\(path) is no run.") }
        let collector = try await Executables.sibling("sonde-collector")
        try await TemporaryDirectory.with { state in
            let words = [
                "--data", path.removingLastComponent().string, "--state", state.string, "--close", name.string, "--log-level", "error",
            ]
            let ended = try await Subprocess.run(
                .path(collector), arguments: .init(words), environment: Daemon.environment, input: .none, output: .discarded,
                error: .string(limit: 1 << 20))
            guard ended.terminationStatus.isSuccess else {
                throw CommandFailure(code: "not_closed", message: Self.reason(ended.standardError))
            }
        }
        let manifest = try RunOnDisk(path.string).manifest
        try Output.show(manifest, as: connection.format)
        if !manifest.isComplete { throw ExitCode.incomplete }
    }

    /// What the collector says at last, as a sentence.
    private static func reason(_ errors: String) -> String {
        let line = errors.split(separator: "\n").last { $0.hasPrefix("sonde-collector: ") }?.dropFirst("sonde-collector: ".count)
        guard let line else { return "The run can't be closed: \(errors)" }
        return line.prefix(1).uppercased() + line.dropFirst() + "."
    }
}
