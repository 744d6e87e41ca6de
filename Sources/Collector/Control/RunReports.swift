import StatsCore
import SystemPackage

/// Runs `sonde` to make an HTML report of a run, for `GET /runs/<dir>/report.html`.
///
/// It is a process of its own: reading gigabytes of rows then neither delays recording nor takes the collector's memory.
actor RunReports {
    /// The largest report, in bytes. Most are one or two megabytes; those of thousands of events and nodes are still smaller than this.
    private static let limit = 64 << 20
    /// The time limit. A gigabyte of rows takes seven seconds.
    private static let patience = Duration.seconds(120)

    private let program: SondeProgram?
    private var isBusy = false

    /// - Parameter program: the CLI; by default the one in this executable's directory.
    init(program: FilePath?) { self.program = program.map { SondeProgram(path: $0) } }

    init() { program = SondeProgram.sibling }

    /// - Parameter directory: the run's path, as the collector has resolved it.
    /// - Returns: self-contained HTML.
    /// - Throws: `ControlFailure` with `no_program`, `busy`, or the fault that `sonde report` found in the run.
    func report(_ directory: String) async throws -> [UInt8] {
        guard let program else {
            throw ControlFailure(
                code: "no_program", message: "the program sonde, which draws reports, is not beside sonde-collector: install it there")
        }
        guard !isBusy else {
            throw ControlFailure(code: "busy", message: "another report is being drawn: try again in some seconds")
        }
        isBusy = true
        defer { isBusy = false }
        return try await program.run(
            ["report", directory, "--output", "-", "--json"], limit: Self.limit, patience: Self.patience,
            slow: "the report was not drawn within \(Self.patience); use `sonde report` on that machine")
    }
}
