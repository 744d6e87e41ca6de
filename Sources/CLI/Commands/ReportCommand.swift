import ArgumentParser
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Tell a run as one HTML file, with its verdict, events and charts.",
        discussion: """
            The file needs nothing else: no network, no script. It can be attached to a paper or an incident as it is, and printed.
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var directory: String

    @Option(
        name: .shortAndLong,
        help: "The file to write, ending in .html; - for standard output. (default: report.html in the run's directory)")
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if directory.isEmpty { throw ValidationError("A run's directory can't be an empty text.") }
        if let output, output != "-" { try DrawnFile.check(output, suffix: ".html") }
    }

    func run() throws {
        guard try output != nil || RunSource.archive(at: directory) == nil else {
            throw CommandFailure(code: "bad_output", message: "\(directory) is in an archive: say with --output where the report goes.")
        }
        let report = try ReportPage(directory)
        for remark in report.remarks { Output.complain("Note: \(VisibleText.escape(remark))") }
        if output == "-" {
            Output.write(report.html, to: STDOUT_FILENO)
            return
        }
        try Output.show(
            DrawnFile.write(report.html, to: output ?? "\(directory)/report.html", suffix: ".html", remarks: report.remarks),
            as: connection.format)
    }
}
