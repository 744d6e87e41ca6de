import Foundation
import TestSupport
import Testing

@testable import StatsCore

/// Tests on the running kernel's own cgroup hierarchy, if this user may make cgroups there.
@Suite("The running kernel's cgroups", .enabled(if: LiveCgroup.canMake, "needs the right to make cgroups")) struct LiveCgroupTests {
    @Test("Nested cgroups show in the link count, and a removed cgroup is gone by its kept descriptors")
    func nested() throws {
        let cgroup = try LiveCgroup()
        let child = try ChildProcess("/bin/sleep", "1000")

        var tally = ReadTally()
        var buffer = ReadBuffer()
        let processes = CgroupProcesses(cgroup.path, &tally)
        #expect(pids(processes, &buffer).isEmpty)
        try cgroup.makeNested("inner")
        try cgroup.write("\(child.pid)", to: "inner/cgroup.procs")
        #expect(pids(processes, &buffer) == [child.pid])

        child.kill()
        cgroup.remove("inner")
        #expect(pids(processes, &buffer).isEmpty)
        cgroup.remove("")
        var pids: [Int32] = []
        processes.read(into: &pids, &buffer, &tally)
        #expect(tally.isGone)
        #expect(tally.errors == 0)
    }

    @Test("However often a cgroup's processes are read, each reading shows those that are there")
    func readOften() throws {
        let cgroup = try LiveCgroup()
        let children = try (0..<3).map { _ in try ChildProcess("/bin/sleep", "1000") }
        defer { for child in children { child.kill() } }
        var tally = ReadTally()
        var buffer = ReadBuffer()
        let processes = CgroupProcesses(cgroup.path, &tally)
        for count in 1...children.count {
            try cgroup.write("\(children[count - 1].pid)", to: "cgroup.procs")
            #expect(Set(pids(processes, &buffer)) == Set(children.prefix(count).map(\.pid)))
        }
    }

    private func pids(_ processes: CgroupProcesses, _ buffer: inout ReadBuffer) -> [Int32] {
        var tally = ReadTally()
        var pids: [Int32] = []
        processes.read(into: &pids, &buffer, &tally)
        #expect(!tally.isGone)
        return pids
    }
}

/// A cgroup that the test makes.
final class LiveCgroup {
    let path: String
    /// For readers of its counters.
    let location: CgroupLocation

    static var canMake: Bool {
        guard let mount = CgroupMount(roots: KernelRoots()) else { return false }
        return [mount.controllers["cpuacct"], mount.controllers["pids"], mount.unified].contains {
            $0.map { access($0, W_OK) == 0 } ?? false
        }
    }

    init() throws {
        let mount = try #require(CgroupMount(roots: KernelRoots()))
        let root = try #require(mount.controllers["cpuacct"] ?? mount.controllers["pids"] ?? mount.unified)
        path = "\(root)/sonde-test-\(UUID().uuidString)"
        location = CgroupLocation()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// - Parameter controller: which it has, of whichever version.
    init(_ controller: String) throws {
        let mount = try #require(CgroupMount(roots: KernelRoots()))
        let root = try #require(mount.controllers[controller] ?? mount.unified)
        path = "\(root)/sonde-test-\(UUID().uuidString)"
        var location = CgroupLocation()
        if mount.controllers[controller] == nil { location.unified = path } else { location.controllers[controller] = path }
        self.location = location
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        remove("inner")
        remove("")
    }

    func makeNested(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
    }

    func write(_ text: String, to name: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// Removes a cgroup; its files are virtual and disappear with it.
    func remove(_ name: String) { rmdir("\(path)/\(name)") }
}
