import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("A cgroup that vanishes while it is read") struct VanishingTests {
    /// A file that can be read as long as a process lives: what was opened says afterwards that there is no such thing, as a removed cgroup's does.
    private final class MortalFile {
        private let process: ChildProcess

        init(at path: String) throws {
            process = try ChildProcess("/bin/sleep", "1000")
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/\(process.pid)/statm")
        }

        func end() { process.kill() }
    }

    @Test(
        "A unit of which one file is gone between two that can be read has no half of a row, and no fault is counted",
        arguments: ["memory.stat", "memory.current", "io.stat"])
    func unit(name: String) throws {
        let tree = try UnitTreeFixture(["/a.service", "/b.service"])
        let file = try MortalFile(at: tree.path("/a.service") + "/" + name)
        var source = UnitSource(roots: tree.roots, UnitChoice("kind=service"))
        #expect(try source.cells().unit.map { $0["unit"] } == ["a.service", "b.service"])
        try tree.add("/b.service", cpu: 2000)
        try "usage_usec 9999\nuser_usec 600\nsystem_usec 400\n".write(
            toFile: tree.path("/a.service") + "/cpu.stat", atomically: false, encoding: .utf8)
        file.end()
        let cells = try source.cells()
        #expect(cells.unit.map { $0["unit"] } == ["b.service"] && cells.unit.first?["cpu_us"] == "2000")
        #expect(cells.errors == 0)
    }

    @Test("A container of which one file is gone between two that can be read has no half of a row, and the others have theirs")
    func container() throws {
        let tree = try ContainerTree("cgroup-v2-systemd")
        let directory = "sys/fs/cgroup/system.slice/docker-\(ContainerTree.web).scope"
        let file = try MortalFile(at: "\(tree.path)/\(directory)/memory.stat")
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: ContainerIndex(), board: nil)
        let first = try source.cells()
        #expect(first.container(ContainerTree.web) != nil && first.container.count == 2)
        try tree.write("usage_usec 999999999\nuser_usec 1\nsystem_usec 1\n", to: "\(directory)/cpu.stat")
        file.end()
        let second = try source.cells()
        #expect(second.container(ContainerTree.web) == nil, "\(second.container)")
        #expect(second.container.map { $0["container_id"] } == [ContainerTree.database] && second.errors == 0)
    }
}
