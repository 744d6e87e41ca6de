import Foundation
import Glibc
import Synchronization
import Testing

extension Trait where Self == ConditionTrait {
    /// A test that needs a Docker engine. Where there is none it is left out, and that is said at the end; with
    /// `SONDE_REQUIRE_ENGINE=1`, as in CI, it runs and fails.
    static var engine: Self {
        .enabled("needs a Docker engine: root, and Debian's docker.io, busybox-static, iptables and iproute2; or SONDE_LAB_SOCKET") {
            EngineTests.mayRun()
        }
    }

    /// Tests that break what the programs stand on: disks, networks, system calls. Left out and required like those with an engine.
    static var faults: Self {
        .enabled("needs root, and Debian's strace, eatmydata, e2fsprogs, iproute2 and iptables") {
            ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1"
                || geteuid() == 0 && missing(["strace", "eatmydata", "mkfs.ext4", "losetup", "ip", "tc", "iptables", "nsenter"]).isEmpty
        }
    }

    /// A test that changes the user it runs as.
    static var root: Self { .enabled(if: geteuid() == 0, "needs root") }
}

/// Which of the tests that need an engine were run and which were left out; one line at the very end says so, and .ci/run reads it.
private enum EngineTests {
    private static let counts = Mutex((run: 0, leftOut: 0))
    private static let obstacle: String? = {
        let environment = ProcessInfo.processInfo.environment
        if environment["SONDE_REQUIRE_ENGINE"] == "1" || environment["SONDE_LAB_SOCKET"] != nil { return nil }
        if geteuid() != 0 { return "not root" }
        let missing = missing(["docker", "dockerd", "containerd", "busybox", "iptables", "ip"])
        return missing.isEmpty ? nil : "not installed: \(missing.joined(separator: ", "))"
    }()

    static func mayRun() -> Bool {
        let isFirst = counts.withLock { counts in
            defer { if obstacle == nil { counts.run += 1 } else { counts.leftOut += 1 } }
            return counts == (0, 0)
        }
        if isFirst { atexit { EngineTests.report() } }
        return obstacle == nil
    }

    private static func report() {
        let (run, leftOut) = counts.withLock { $0 }
        let reason = obstacle.map { " (\($0))" } ?? ""
        FileHandle.standardError.write(Data("Tests with a Docker engine: \(run) run, \(leftOut) left out\(reason)\n".utf8))
    }
}

/// Those of these programs that are not installed.
private func missing(_ programs: [String]) -> [String] {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
    return programs.filter { name in !path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 } }
}
