import Foundation
import Glibc
import StatsCore
import Testing

/// A cgroup of one test's own in all hierarchies, named as a service of systemd. It is removed when the scene ends.
final class LabUnit {
    let name: String
    private let directories: [String]
    let location: CgroupLocation

    /// - Parameter name: what a directory may be called.
    init(_ scene: Scene, name: String = "sonde-test-\(UInt32.random(in: 0 ... .max)).service") throws {
        self.name = name
        let mount = try #require(CgroupMount(roots: KernelRoots()))
        let roots = Set([mount.unified].compactMap(\.self) + mount.controllers.filter { $0.key != "cpuset" }.values)
        directories = roots.map { "\($0)/\(name)" }
        for directory in directories { mkdir(directory, 0o755) }
        location = mount.location(at: "/" + name)
        let made = directories
        scene.later { Self.remove(made) }
    }

    /// Runs a shell's script in it.
    func run(_ scene: Scene, _ script: String) throws -> Child {
        try scene.start(
            "/bin/sh", ["-c", "{ for d; do echo 0 >\"$d/cgroup.procs\"; done; } 2>/dev/null; exec sh -c '\(script)'", "sh"] + directories)
    }

    /// Half a core.
    func limit() {
        if let cpu = location.controllers["cpu"] {
            try? "50000".write(toFile: "\(cpu)/cpu.cfs_quota_us", atomically: false, encoding: .utf8)
        } else if let unified = location.unified {
            try? "50000 100000".write(toFile: "\(unified)/cpu.max", atomically: false, encoding: .utf8)
        }
    }

    func kill() {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var pids: [Int32] = []
        if let directory = location.processes { CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally) }
        for pid in pids { Glibc.kill(pid, SIGKILL) }
    }

    func remove() { Self.remove(directories) }

    private static func remove(_ directories: [String]) {
        for directory in directories {
            for _ in 0..<200 where rmdir(directory) != 0 && errno == EBUSY { usleep(10_000) }
        }
    }
}
