import Foundation
import TestSupport

/// Faults in a program's system calls, by strace(1): the words to put in front of its command line, and what strace tells of it.
///
///     let faults = Injection(scene, [.init("fdatasync", "error=EIO", when: "3")])
///     let collector = try await scene.collector(like: earlier, prefix: faults.prefix)
///     …
///     #expect(faults.fired > 0)
///
/// The program stays the test's own child (strace's `-D`), so that its pid and its status are as ever. Calls are counted for each thread on
/// its own, which makes the n-th call of the one thread that writes a certain point.
struct Injection {
    /// What happens to a system call: strace's `inject` expression.
    struct Fault {
        /// Names of system calls, separated by commas.
        let calls: String
        /// `error=EIO`, `retval=0`, `signal=KILL`, `delay_enter=1000` (µs).
        let effect: String
        /// From the n-th call on `n+`, only the n-th `n`, every k-th `n+k`.
        let when: String

        init(_ calls: String, _ effect: String, when: String = "1+") {
            self.calls = calls
            self.effect = effect
            self.when = when
        }
    }

    let prefix: [String]
    private let log: String

    /// - Parameter watching: system calls to be written down besides, separated by commas.
    init(_ scene: Scene, _ faults: [Fault], watching: String? = nil) {
        log = scene.path("injected-\(UUID().uuidString)")
        let traced = (faults.map(\.calls) + [watching].compactMap(\.self)).joined(separator: ",")
        let injections = faults.flatMap { ["-e", "inject=\($0.calls):\($0.effect):when=\($0.when)"] }
        // Tracing only what is named costs little, but a signal would get lost where the filter stops the program (strace 6.1).
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

    /// How many calls were made to fail, or answered in the kernel's place.
    var fired: Int { calls.count { $0.contains("INJECTED") || $0.contains("DELAYED") } }
}
