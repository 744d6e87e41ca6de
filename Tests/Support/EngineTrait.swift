import Foundation
import Glibc
import Synchronization
import Testing

extension Trait where Self == ConditionTrait {
    /// A test that needs a Docker engine. Without an engine it is skipped, and the last line of the output says so; with
    /// `SONDE_REQUIRE_ENGINE=1`, as in CI, it runs and fails.
    static var engine: Self {
        .enabled("needs a Docker engine: root, and Debian's docker.io, busybox-static, iptables and iproute2; or SONDE_LAB_SOCKET") {
            EngineTests.mayRun()
        }
    }

    /// Tests that inject faults into disks, networks and system calls. They are skipped and required like those with an engine.
    static var faults: Self {
        .enabled("needs root, and Debian's strace, eatmydata, e2fsprogs, iproute2 and iptables") {
            ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1"
                || geteuid() == 0 && missing(["strace", "eatmydata", "mkfs.ext4", "losetup", "ip", "tc", "iptables", "nsenter"]).isEmpty
        }
    }

    /// A test that changes the user it runs as.
    static var root: Self { .enabled(if: geteuid() == 0, "needs root") }
}

/// Counts which of the tests that need an engine ran and which were skipped. The last line of the output says so, and .ci/run reads it.
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

/// The programs of this list that are not installed.
private func missing(_ programs: [String]) -> [String] {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
    return programs.filter { name in !path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 } }
}
