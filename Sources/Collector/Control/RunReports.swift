import FoundationEssentials
import StatsCore
import Subprocess
import SystemPackage

/// Runs `sonde` to make an HTML report of a run, for `GET /runs/<dir>/report.html`.
///
/// It is a process of its own: reading gigabytes of rows then neither delays recording nor takes the collector's memory.
actor RunReports {
    /// The largest report, in bytes. Most are one or two megabytes; those of thousands of events and nodes are still smaller than this.
    private static let limit = 64 << 20
    /// The time limit. A gigabyte of rows takes seven seconds.
    private static let patience = Duration.seconds(120)

    private let program: FilePath?
    private var isBusy = false

    /// - Parameter program: the CLI; by default the one in this executable's directory.
    init(program: FilePath? = RunReports.sibling) { self.program = program }

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
            ?? ControlFailure(code: "unreadable", message: Self.end(result.terminationStatus, said, directory))
    }

    /// Says how it ended that drew no report, also where it said nothing.
    private static func end(_ status: TerminationStatus, _ said: String, _ directory: String) -> String {
        let text = said.isEmpty ? "" : ": \(said.prefix(2000))"
        switch status {
        case .exited(let code):
            return "`sonde report \(directory)` failed with status \(code)"
                + (text.isEmpty ? " and said nothing; run it on the collector's machine to see why" : text)
        case .signaled(let signal):
            // SIGKILL is what the kernel sends for want of memory.
            let reason = signal == 9 ? ", perhaps for lack of memory" : ""
            return
                "`sonde report \(directory)` was ended by signal \(signal)\(reason)\(text). Run it on a machine with more memory, or draw parts with `sonde plot`"
        }
    }

    /// In this executable's directory, however it was started. Source: proc(5).
    static var sibling: FilePath? {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        let sonde = FilePath(own).removingLastComponent().appending("sonde")
        return FileManager.default.isExecutableFile(atPath: sonde.string) ? sonde : nil
    }
}
