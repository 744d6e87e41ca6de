import Foundation
import TestSupport

/// Injects faults into a program's system calls, by strace(1): gives the words before its command line, and reads strace's output.
///
///     let faults = Injection(scene, [.init("fdatasync", "error=EIO", when: "3")])
///     let collector = try await scene.collector(like: earlier, prefix: faults.prefix)
///     …
///     #expect(faults.fired > 0)
///
/// The program stays the test's own child (strace's `-D`), so that its pid and its status are as usual. Calls are counted separately for each thread,
/// so the n-th call of the only thread that writes is a well-defined point.
struct Injection {
    /// What happens to a system call, as strace's `inject` expression.
    struct Fault {
        /// Names of system calls, separated by commas.
        let calls: String
        /// `error=EIO`, `retval=0`, `signal=KILL`, `delay_enter=1000` (µs).
        let effect: String
        /// `n+`: from the n-th call on; `n`: only the n-th; `n+k`: from the n-th on every k-th.
        let when: String

        init(_ calls: String, _ effect: String, when: String = "1+") {
            self.calls = calls
            self.effect = effect
            self.when = when
        }
    }

    let prefix: [String]
    private let log: String

    /// Injects faults into a program that runs, from now on: calls before don't count.
    static func into(_ child: Child, _ scene: Scene, _ faults: [Fault]) async throws -> Injection {
        let injection = Injection(scene, faults)
        let words = injection.prefix.dropFirst().filter { $0 != "-D" && $0 != "--seccomp-bpf" }
        let strace = try scene.start("strace", words + ["-p", "\(child.pid)"])
        try await eventually("strace on \(child.name)") { strace.errors.contains("attached") }
        return injection
    }

    /// - Parameter watching: further system calls to trace, separated by commas.
    init(_ scene: Scene, _ faults: [Fault], watching: String? = nil) {
        log = scene.path("injected-\(UUID().uuidString)")
        let traced = (faults.map(\.calls) + [watching].compactMap(\.self)).joined(separator: ",")
        let injections = faults.flatMap { ["-e", "inject=\($0.calls):\($0.effect):when=\($0.when)"] }
        // Tracing only the named calls costs little, but strace 6.1 then loses a signal where the filter stops the program.
        let filter = faults.contains { $0.effect.hasPrefix("signal=") } ? [] : ["--seccomp-bpf"]
        prefix = ["strace", "-D", "-f"] + filter + ["-y", "-o", log, "-e", "trace=\(traced)"] + injections
    }

    private var lines: [String] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// The calls so far, a line each.
    var calls: [String] { lines.filter { $0.contains("(") } }

    /// How many calls have returned.
    var ended: Int { lines.count { $0.contains(") ") && $0.contains("= ") } }

    /// Whether a call was the program's last, as `signal=KILL` makes it.
    var hasKilled: Bool { lines.contains { $0.hasSuffix("= ?") } }

    /// How many calls were made to fail, or were answered by strace.
    var fired: Int { calls.count { $0.contains("INJECTED") || $0.contains("DELAYED") } }
}
