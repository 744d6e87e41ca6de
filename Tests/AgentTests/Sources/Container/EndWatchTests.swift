import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The ends of containers") struct EndWatchTests {
    private let usage = "sys/fs/cgroup/cpu,cpuacct/docker/\(ContainerTree.web)/cpuacct.usage"

    /// A process that sleeps until it is killed.
    private func sleeper() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["1000"]
        try process.run()
        return process
    }

    private func files(_ tree: ContainerTree) throws -> ContainerFiles {
        let mount = try #require(CgroupMount(roots: tree.roots))
        var tally = ReadTally()
        return ContainerFiles(mount.location(at: "/docker/\(ContainerTree.web)"), &tally)
    }

    @Test("When its first process ends, a container is read once more, at once")
    func processEnds() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let process = try sleeper()
        let watch = EndWatch()
        let end = try #require(watch.watch(files(tree), pid: process.processIdentifier, isFirst: { true }, directory: nil))
        end.hasRow()
        #expect(!end.isOver)
        try tree.write("7000000000\n", to: usage)
        kill(process.processIdentifier, SIGKILL)
        try await eventually("its last reading") { end.isOver }
        #expect(end.last?.counters.cpu == 7_000_000)
        try tree.write("8000000000\n", to: usage)
        var buffer = ReadBuffer()
        end.step(at: .max, &buffer)
        #expect(end.last?.counters.cpu == 7_000_000, "nothing is read behind the end")
    }

    @Test(
        "Where its pid means another process, the version 2 cgroup tells the end, when its last process has ended",
        .enabled(if: geteuid() == 0 && CgroupMount(roots: KernelRoots())?.unified != nil, "needs root and a version 2 hierarchy"))
    func cgroupEmpties() async throws {
        let unified = try #require(CgroupMount(roots: KernelRoots())?.unified)
        let directory = "\(unified)/sonde-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { rmdir(directory) }
        let processes = try (0..<2).map { _ in try sleeper() }
        for process in processes {
            let file = try #require(FileHandle(forWritingAtPath: "\(directory)/cgroup.procs"))
            try file.write(contentsOf: Data("\(process.processIdentifier)".utf8))
        }
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let end = try #require(EndWatch().watch(files(tree), pid: nil, isFirst: { false }, directory: directory))
        end.hasRow()
        kill(processes[0].processIdentifier, SIGKILL)
        processes[0].waitUntilExit()
        #expect(!end.isOver)
        try tree.write("7000000000\n", to: usage)
        kill(processes[1].processIdentifier, SIGKILL)
        processes[1].waitUntilExit()
        try await eventually("its last reading") { end.isOver }
        #expect(end.last?.counters.cpu == 7_000_000)
    }

    @Test("A container whose end nobody tells is read from time to time until it has a row, and no more from then on")
    func steps() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let watch = EndWatch()
        // The pid is another process's by now.
        let end = try #require(watch.watch(files(tree), pid: getpid(), isFirst: { false }, directory: nil))
        try tree.write("7000000000\n", to: usage)
        try await eventually("a reading") { end.last?.counters.cpu == 7_000_000 }
        end.hasRow()
        #expect(end.next == nil && !end.isOver)
    }

    @Test("The time to the next reading grows with a container's age, so that a long wait for the first row costs little")
    func pace() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let end = try ContainerEnd(files(tree), at: 0)
        var buffer = ReadBuffer()
        var readings = 0
        while let due = end.next, due < 3_600_000_000_000 {
            end.step(at: due, &buffer)
            readings += 1
            #expect(try #require(end.next) - due <= max(20_000_000, due / 10))
        }
        #expect(readings < 150)
    }

    @Test("A container that has ended has one more row with its last reading, as one that has exited, and its files are closed")
    func lastRow() throws {
        let (tree, index) = (try ContainerTree("cgroup-v1-cgroupfs"), ContainerIndex())
        index.setEngineAvailable(true)
        index.upsert(ContainerTree.info(ContainerTree.web, name: "web", pid: 4101))
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: index, board: nil, watch: EndWatch())
        #expect(try source.cells().container(ContainerTree.web)?["state"] == "running")
        index.remove(ContainerTree.web)
        #expect(try source.cells().container(ContainerTree.web) == nil, "nothing was read since")
    }

    @Test("An earlier start's last reading isn't the next start's, and a tick has one row of the two")
    func anotherStart() throws {
        let (tree, index) = (try ContainerTree("cgroup-v1-cgroupfs"), ContainerIndex())
        let web = ContainerTree.web
        index.setEngineAvailable(true)
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: index, board: nil)
        // As the event of a start tells it: without a pid.
        var told = ContainerTree.info(web, name: "web", pid: 4101)
        told.initPID = nil
        for round in 0..<3 {
            index.upsert(told)
            source.wake()
            let rows = try source.cells().container.filter { $0["container_id"] == web }
            #expect(rows.count == 1 && rows[0]["cpu_percent"] != nil && rows[0]["state"] == "running", "round \(round)")
            index.remove(web)
            // The next start is told before anybody looks.
        }
        index.upsert(told)
        #expect(try source.cells().container(web)?["cpu_percent"] == nil, "its counters begin anew")
    }

    @Test("A container that its engine tells of without a process is found beside the others, without a walk of the cgroup tree")
    func besideOthers() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let (web, other) = (ContainerTree.web, String(repeating: "a", count: 64))
        for hierarchy in ["memory", "pids", "blkio", "cpu,cpuacct", "systemd"] {
            let place = "\(tree.path)/sys/fs/cgroup/\(hierarchy)/docker"
            try FileManager.default.copyItem(atPath: "\(place)/\(web)", toPath: "\(place)/\(other)")
        }
        var finder = ContainerFinder(roots: tree.roots)
        var buffer = ReadBuffer()
        var tally = ReadTally()
        var walked: [String: CgroupPath]?
        let place = finder.location(of: web, initPID: 4101, &walked, &buffer, &tally)
        let beside = finder.location(of: other, initPID: nil, &walked, &buffer, &tally)
        #expect(walked == nil && beside == place.mapped { $0.replacing(web, with: other) })
        let absent = finder.location(of: String(repeating: "b", count: 64), initPID: nil, &walked, &buffer, &tally)
        #expect(walked != nil && absent.isEmpty)
    }

    @Test(
        "When the process by which a container was found ends and others go on, its rows go on; when its cgroup is removed, its last reading is told once",
        .enabled(if: geteuid() == 0, "needs root"))
    func firstIsNotAll() async throws {
        let mount = try #require(CgroupMount(roots: KernelRoots()))
        let id = String((0..<64).map { _ in "0123456789abcdef".randomElement()! })
        let places = Set([mount.unified].compactMap(\.self) + mount.controllers.values).map { "\($0)/\(id)" }
        defer { for place in places { rmdir(place) } }
        for place in places { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false) }
        var source = ContainerSource(roots: KernelRoots(), mode: .cgroup, index: ContainerIndex(), board: nil, watch: EndWatch())
        let processes = try (0..<2).map { _ in try sleeper() }
        defer { for process in processes where process.isRunning { process.terminate() } }
        for place in places {
            for process in processes {
                let file = try #require(FileHandle(forWritingAtPath: "\(place)/cgroup.procs"))
                // Some of version 1 take none before they are set up.
                try? file.write(contentsOf: Data("\(process.processIdentifier)".utf8))
            }
        }
        func row(_ source: inout ContainerSource) throws -> [String: String]? { try source.cells().container(id) }
        #expect(try row(&source) != nil)
        kill(processes[0].processIdentifier, SIGKILL)
        processes[0].waitUntilExit()
        // Many readings, so that the watch has seen the end at some of them.
        for _ in 0..<50 { #expect(try row(&source) != nil) }
        kill(processes[1].processIdentifier, SIGKILL)
        processes[1].waitUntilExit()
        for place in places { rmdir(place) }
        var rows = 0
        while try row(&source) != nil { rows += 1 }
        #expect(rows <= 1)
        #expect(try row(&source) == nil)
    }
}
