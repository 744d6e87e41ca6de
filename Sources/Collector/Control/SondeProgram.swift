import FoundationEssentials
import StatsCore
import Subprocess
import SystemPackage

/// The program `sonde`, which does for the collector what takes long or much memory, in a process of its own.
struct SondeProgram: Sendable {
    let path: FilePath

    /// Runs a command that prints its result, and with `--json` says in JSON why it failed.
    /// - Parameters:
    ///   - limit: the most bytes of the result.
    ///   - patience: when it is ended. `slow` says what to do instead.
    /// - Throws: `ControlFailure`: what the command found wrong, or how it ended.
    func run(_ arguments: [String], limit: Int, patience: Duration, slow: String) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await result(of: arguments, limit: limit) }
            group.addTask {
                try await Task.sleep(for: patience)
                throw ControlFailure(code: "unreadable", message: slow)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private func result(of arguments: [String], limit: Int) async throws -> [UInt8] {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(1))]
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(arguments), environment: .custom([Subprocess.Environment.Key: String]()),
            platformOptions: options, input: .none, output: .bytes(limit: limit), error: .string(limit: 64 << 10))
        if result.terminationStatus.isSuccess { return result.standardOutput }
        let said = result.standardError
        throw (try? JSONCoding.decode(from: said.utf8))
            ?? ControlFailure(
                code: "unreadable",
                message: Self.end(result.terminationStatus, said, arguments.prefix { !$0.hasPrefix("-") }.joined(separator: " ")))
    }

    /// Says how it ended that gave no result, also where it said nothing.
    private static func end(_ status: TerminationStatus, _ said: String, _ command: String) -> String {
        let text = said.isEmpty ? "" : ": \(said.prefix(2000))"
        switch status {
        case .exited(let code):
            return "`sonde \(command)` failed with status \(code)"
                + (text.isEmpty ? " and said nothing; run it on the collector's machine to see why" : text)
        case .signaled(let signal):
            // SIGKILL is what the kernel sends for want of memory.
            let reason = signal == 9 ? ", perhaps for lack of memory" : ""
            return "`sonde \(command)` was ended by signal \(signal)\(reason)\(text). Run it on a machine with more memory"
        }
    }

    /// The one in this executable's directory, however it was started; `nil` when there is none. Source: proc(5).
    static var sibling: SondeProgram? {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        let sonde = FilePath(own).removingLastComponent().appending("sonde")
        return FileManager.default.isExecutableFile(atPath: sonde.string) ? SondeProgram(path: sonde) : nil
    }
}
