import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("Processes of a cgroup") struct CgroupProcessesTests {
    @Test("Nested cgroups are found when they come, and forgotten when they go")
    func nested() throws {
        let scratch = try ScratchDirectory()
        try scratch.write("10\n11\n", to: "cgroup.procs")
        var tally = ReadTally()
        let cgroup = CgroupProcesses(scratch.path, &tally)
        #expect(read(cgroup) == [10, 11])
        try scratch.write("12\n", to: "inner/cgroup.procs")
        try scratch.write("13\n", to: "inner/deep/cgroup.procs")
        #expect(read(cgroup) == [10, 11, 12, 13])
        try FileManager.default.removeItem(atPath: scratch.path + "/inner")
        #expect(read(cgroup) == [10, 11])
    }

    @Test("A pid that isn't visible here, and a line cut short, are no processes")
    func invisiblePID() throws {
        let scratch = try ScratchDirectory()
        try scratch.write("10\n0\n99999999999\n12", to: "cgroup.procs")
        var tally = ReadTally()
        #expect(read(CgroupProcesses(scratch.path, &tally)) == [10])
    }

    @Test("A cgroup that isn't there has no processes and is no error")
    func absentCgroup() {
        var tally = ReadTally()
        #expect(read(CgroupProcesses("/nowhere", &tally)) == [])
        #expect(tally == ReadTally())
    }

    private func read(_ cgroup: CgroupProcesses) -> [Int32] {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var pids: [Int32] = []
        cgroup.read(into: &pids, &buffer, &tally)
        return pids
    }
}
