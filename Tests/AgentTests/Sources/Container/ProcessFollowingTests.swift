import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Processes that come and go") struct ProcessFollowingTests {
    private let procs = "sys/fs/cgroup/memory/docker/\(ContainerTree.web)/cgroup.procs"

    @Test("A process is told of once in each run, with its command line")
    func toldOnce() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: .patient)
        let first = try source.cells(run: nil, hasTime: true).event
        #expect(first.count == 4)
        let event = try #require(first.first { $0["pid"] == "4101" })
        #expect(event["kind"] == "process")
        #expect(event["container_id"] == ContainerTree.web)
        #expect(event["message"] == "/bin/sh -c while :; do work; done")
        #expect(try source.cells(run: nil, hasTime: true).event.isEmpty)
        #expect(try source.cells(run: "a", hasTime: true).event.count == 4)
        #expect(try source.cells(run: "a", hasTime: true).event.isEmpty)
        #expect(try source.cells(run: "b", hasTime: true).event.count == 4)
    }

    @Test("A process whose command line can't be read because it is stuck keeps no container and no process from being read")
    func stuckCommandLine() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.remove("proc/4201/cmdline")
        let pipe = try Pipe(tree.path + "/proc/4201/cmdline")
        defer { pipe.release() }
        let patient = BlockingFiles(longestWait: 50_000_000, patience: .max)
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: patient)
        var told: [[String: String]] = []
        try await eventually("the other processes' command lines") {
            let cells = try source.cells(hasTime: true)
            #expect(cells.container.count == 2)
            #expect(Set(cells.process.compactMap { $0["pid"] }) == ["4101", "4102", "4103", "4201"])
            told += cells.event
            return told.count == 3
        }
        #expect(Set(told.compactMap { $0["pid"] }) == ["4101", "4102", "4103"] && told.allSatisfy { $0["message"] != nil })
    }

    @Test("A tick that is late already doesn't wait for a command line")
    func lateTick() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.remove("proc/4201/cmdline")
        let pipe = try Pipe(tree.path + "/proc/4201/cmdline")
        defer { pipe.release() }
        let longestWait: UInt64 = 300_000_000_000
        var source = ContainerSource(
            roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil,
            files: BlockingFiles(longestWait: longestWait, patience: .max))
        let began = Clocks.monotonic()
        let isRead = try source.cells(hasTime: false).process(4201) != nil
        #expect(isRead && Clocks.monotonic() - began < longestWait)
    }

    @Test("A process whose command line can't be read for long is told of without it, and counted")
    func commandLineGivenUp() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.write("4101\n", to: procs)
        try tree.remove("proc/4101/cmdline")
        let pipe = try Pipe(tree.path + "/proc/4101/cmdline")
        defer { pipe.release() }
        let files = BlockingFiles(longestWait: 1_000_000, patience: 1)
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: files)
        var errors: UInt64 = 0
        let event = try await eventually("its event") {
            let cells = try source.cells(hasTime: true)
            errors += cells.errors
            return cells.event.first { $0["pid"] == "4101" }
        }
        #expect(event["message"] == nil && errors >= 1)
    }

    @Test("Of a process that ended while its command line and its io couldn't be read nothing is kept")
    func endedWhileStuck() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.write(tree.text("proc/4101/stat").replacing(") S ", with: ") D "), to: "proc/4101/stat")
        try tree.remove("proc/4101/cmdline")
        let commandLine = try Pipe(tree.path + "/proc/4101/cmdline")
        defer { commandLine.release() }
        let files = BlockingFiles(longestWait: 20_000_000, patience: .max)
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: files)
        _ = try source.cells(hasTime: true)
        try tree.remove("proc/4101/io")
        let io = try Pipe(tree.path + "/proc/4101/io")
        defer { io.release() }
        let isRead = try source.cells(hasTime: true).process(4101) != nil
        #expect(isRead && files.kept >= 2)
        let web = "docker/\(ContainerTree.web)"
        for cgroup in [web, "\(web)/inner", "\(web)/inner/deep", "my-parent/\(ContainerTree.database)"] {
            try tree.write("", to: "sys/fs/cgroup/memory/\(cgroup)/cgroup.procs")
        }
        _ = try source.cells(hasTime: true)
        #expect(files.kept == 0)
    }

    @Test("A process that waits in an exec, so that its io can't be read, keeps nobody from being read")
    func stuckIO() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(
            roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil,
            files: BlockingFiles(longestWait: 20_000_000, patience: .max))
        try tree.write(tree.text("proc/4201/stat").replacing(") S ", with: ") D "), to: "proc/4201/stat")
        #expect(try source.cells(hasTime: true).process(4201)?["state"] == "D")
        try await eventually("a disk alone keeps nobody from reading it") {
            try source.cells(hasTime: true).process(4201)?["read_bytes"] != nil
        }
        try tree.remove("proc/4201/io")
        let pipe = try Pipe(tree.path + "/proc/4201/io")
        defer { pipe.release() }
        var errors: UInt64 = 0
        for _ in 0..<5 {
            let cells = try source.cells(hasTime: true)
            #expect(cells.process(4201) != nil && cells.process(4201)?["read_bytes"] == nil && cells.process(4101) != nil)
            errors += cells.errors
        }
        #expect(errors >= 1)
        // It goes on, and is read again.
        try await eventually("its io") {
            pipe.release()
            try? tree.remove("proc/4201/io")
            try tree.make("proc/4201/io", "read_bytes: 77\n")
            return try source.cells(hasTime: true).process(4201)?["read_bytes"] == "77"
        }
    }

    @Test("The command lines of many processes are told over several ticks, each once")
    func manyCommandLines() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: .patient)
        let pids = 5000..<5400
        let stat = try tree.text("proc/4101/stat")
        for pid in pids {
            try tree.make("proc/\(pid)/stat", stat.replacing("4101 (", with: "\(pid) ("))
            try tree.make("proc/\(pid)/cmdline", String(repeating: "x", count: 4000))
        }
        try tree.write(pids.map { "\($0)\n" }.joined(), to: procs)
        var told: [String] = []
        var rounds = 0
        // A busy machine may not get through all that a tick takes.
        while told.count < pids.count, rounds < 100 {
            rounds += 1
            let cells = try source.cells(hasTime: true)
            #expect(pids.allSatisfy { cells.process($0) != nil }, "none waits for its row")
            #expect(cells.event.count < 200)
            told += cells.event.compactMap { $0["pid"] }
        }
        #expect(Set(told).isSuperset(of: pids.map(String.init)) && Set(told).count == told.count && rounds > 1)
    }

    @Test("In a pid namespace of its own the agent reads the container's processes, not those that have its own numbers")
    func ownNamespace() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let expected = try pids(tree)
        #expect(!expected.isEmpty)
        // Gives this process another pid in the fixture, and cgroup.procs the content that a reader in that container would get.
        try tree.remove("proc/self")
        try FileManager.default.createSymbolicLink(atPath: tree.path + "/proc/self", withDestinationPath: "424242")
        try tree.write("1\n", to: procs)
        try tree.make("proc/1/stat", tree.text("proc/4101/stat").replacing("4101 (", with: "1 ("))
        #expect(try pids(tree) == expected)
    }

    private func pids(_ tree: ContainerTree) throws -> Set<String> {
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, files: .patient)
        return try Set(source.cells(hasTime: true).event.compactMap { $0["pid"] })
    }

    @Test("A process that has ended has no row, and is no error")
    func endedProcess() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        _ = try source.cells(hasTime: true)
        try tree.write("4101\n", to: procs)
        #expect(try source.cells(hasTime: true).process(4102) == nil)
        // Listed, but gone before its files could be opened.
        try tree.write("4101\n4999\n", to: procs)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(4101) != nil)
        #expect(cells.process(4999) == nil)
        #expect(cells.errors == 0)
    }

    @Test("A pid that is another process's now is a new process")
    func reusedPID() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        _ = try source.cells(hasTime: true)
        #expect(try source.cells(hasTime: true).process(4101)?["cpu_percent"] == "0")
        let stat = try tree.text("proc/4101/stat")
        try tree.write(stat.replacing(" 99195 ", with: " 99999 "), to: "proc/4101/stat")
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(4101)?["start_us"] == "999990000")
        #expect(cells.process(4101)?["cpu_percent"] == nil)
        #expect(cells.event.map { $0["pid"] } == ["4101"])
    }

    @Test("Without the right to read io its columns are empty, and that is no error")
    func unreadableIO() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(4103)?["read_bytes"] == nil)
        #expect(cells.process(4103)?["rss_bytes"] != nil)
        #expect(cells.process(4101)?["read_bytes"] == "40960")
        #expect(cells.errors == 0)
    }
}
