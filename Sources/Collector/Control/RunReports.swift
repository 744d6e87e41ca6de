import FoundationEssentials
import StatsCore
import Subprocess
import SystemPackage

/// Has `sonde` tell a run as an HTML file, for `GET /runs/<dir>/report.html`.
///
/// It is a process of its own: reading gigabytes of rows neither delays recording nor takes its memory, whatever the files hold.
actor RunReports {
    /// A report is a megabyte or two; a run with thousands of events and nodes stays below.
    private static let limit = 64 << 20
    /// A gigabyte of rows takes seven seconds.
    private static let patience = Duration.seconds(120)

    private let program: FilePath?
    private var isBusy = false

    /// - Parameter program: the CLI; by default the one beside this executable.
    init(program: FilePath? = RunReports.sibling) { self.program = program }

    /// - Parameter directory: of a run, as the collector found it.
    /// - Returns: HTML that needs nothing else.
    /// - Throws: `ControlFailure` with `no_program`, `busy`, or what `sonde report` found wrong with the run.
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
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await Self.draw(program, directory) }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw ControlFailure(
                    code: "unreadable", message: "the report was not drawn within \(Self.patience); use `sonde report` on that machine")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private static func draw(_ program: FilePath, _ directory: String) async throws -> [UInt8] {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(1))]
        let result = try await Subprocess.run(
            .path(program), arguments: ["report", directory, "--output", "-", "--json"],
            environment: .custom([Subprocess.Environment.Key: String]()),
            platformOptions: options, input: .none, output: .bytes(limit: limit), error: .string(limit: 64 << 10))
        if result.terminationStatus.isSuccess { return result.standardOutput }
        let said = result.standardError
        throw (try? JSONCoding.decode(from: said.utf8))
            ?? ControlFailure(code: "unreadable", message: "`sonde report \(directory)` failed: \(said.prefix(2000))")
    }

    /// proc(5): beside this executable, whichever way it was started.
    static var sibling: FilePath? {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        let sonde = FilePath(own).removingLastComponent().appending("sonde")
        return FileManager.default.isExecutableFile(atPath: sonde.string) ? sonde : nil
    }
}
