import Foundation
import Glibc
import TestSupport

/// A child process whose output goes into files, so that no test has to keep reading it.
final class Child {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    let pid: pid_t
    /// As a shell gives it: the exit status, or 128 plus the number of the signal. `nil` while it runs.
    private(set) var status: Int32?
    private let outputPath: String
    private let errorPath: String

    /// Starts a program with the test's own environment, without the variables that configure Sonde.
    ///
    /// - Parameters:
    ///   - log: the path of its two output files, which end in `.out` and `.err`.
    ///   - executable: a path, or a name to be found on `PATH`.
    init(
        _ executable: String, _ arguments: [String], environment overrides: [String: String] = [:], log: String
    ) throws {
        name = executable.split(separator: "/").last.map(String.init) ?? executable
        outputPath = log + ".out"
        errorPath = log + ".err"

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test runner may have blocked or ignored signals, and a child would inherit that.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SONDE_") }
        environment.merge(overrides) { _, new in new }
        var pid: pid_t = 0
        let code = withStrings([executable] + arguments) { arguments in
            withStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawnp(&pid, executable, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw Failure(description: "\(executable) can't be started: \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    var output: String { Self.text(outputPath) }
    var errors: String { Self.text(errorPath) }

    /// Checks whether it has ended, and reaps it then.
    @discardableResult func poll() -> Int32? {
        if status == nil {
            var raw: Int32 = 0
            if waitpid(pid, &raw, WNOHANG) == pid {
                let signal = raw & 0x7f
                status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
            }
        }
        return status
    }

    /// Waits until it ends by itself, where nothing can be awaited.
    func wait() {
        while poll() == nil { _ = waitid(P_PID, id_t(pid), nil, WEXITED | WNOWAIT) }
    }

    func signal(_ number: Int32) {
        if poll() == nil { kill(pid, number) }
    }

    /// Waits until it ends by itself.
    func ended(within limit: Duration = .seconds(180)) async throws -> Int32 {
        try await eventually("the end of \(name)\n\(diary)", within: limit) { poll() }
    }

    /// Sends SIGTERM, as an administrator does, and returns its status.
    @discardableResult func terminate(within limit: Duration = .seconds(180)) async throws -> Int32 {
        signal(SIGTERM)
        return try await ended(within: limit)
    }

    /// Sends SIGKILL, as abrupt as a power cut.
    func crash() async throws {
        signal(SIGKILL)
        _ = try await ended()
    }

    /// Waits until its log has these words: what a test has seen of an action may come before the line that tells of it.
    func says(_ words: String...) async throws {
        try await eventually("\(words) in the log of \(name)") { words.allSatisfy(self.errors.contains) }
    }

    /// The end of its output, for the message of a failure.
    var diary: String {
        "--- \(name) (process \(pid), \(status.map { "status \($0)" } ?? "alive")) said:\n\(output.suffix(1500))\(errors.suffix(2500))"
    }

    private static func text(_ path: String) -> String {
        (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)) ?? ""
    }
}

/// Passes the strings on as a C array that ends with a null pointer.
private func withStrings<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
    let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
}
