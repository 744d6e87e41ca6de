import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The ends of containers") struct EndWatchTests {
    private let usage = "sys/fs/cgroup/cpu,cpuacct/docker/\(ContainerTree.web)/cpuacct.usage"

    /// A process that sleeps until it is killed. A cgroup can't be removed as long as it holds one.
    private func sleeper() throws -> ChildProcess { try ChildProcess("/bin/sleep", "1000") }

    /// The directory of each of this host's hierarchies.
    private static var hierarchies: Set<String> {
        CgroupMount(roots: KernelRoots()).map { Set([$0.unified].compactMap(\.self) + $0.controllers.values) } ?? []
    }

    private func files(_ tree: ContainerTree) throws -> CgroupFiles {
        let mount = try #require(CgroupMount(roots: tree.roots))
        var tally = ReadTally()
        return CgroupFiles(mount.location(at: "/docker/\(ContainerTree.web)"), &tally)
    }

    @Test("When its first process ends, a container is read once more, at once")
    func processEnds() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let process = try sleeper()
        let watch = EndWatch()
        let end = try #require(watch.watch(files(tree), pid: process.pid, isFirst: { true }, directory: nil))
        end.hasRow()
        #expect(!end.isOver)
        try tree.write("7000000000\n", to: usage)
        process.signal(SIGKILL)
        try await eventually("its last reading") { end.isOver }
        #expect(end.last?.counters.cpu == 7_000_000)
        try tree.write("8000000000\n", to: usage)
        var buffer = ReadBuffer()
        end.step(at: .max, &buffer)
        #expect(end.last?.counters.cpu == 7_000_000, "nothing is read behind the end")
    }

    @Test(
        "Where its pid means another process, the version 2 cgroup tells the end, when its last process has ended",
        .enabled(
            if: CgroupMount(roots: KernelRoots())?.unified.map { access($0, W_OK) == 0 } ?? false, "needs a writable version 2 hierarchy"))
    func cgroupEmpties() async throws {
        let unified = try #require(CgroupMount(roots: KernelRoots())?.unified)
        let directory = "\(unified)/sonde-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let processes = try (0..<2).map { _ in try sleeper() }
        defer {
            for process in processes { process.kill() }
            rmdir(directory)
        }
        for process in processes {
            let file = try #require(FileHandle(forWritingAtPath: "\(directory)/cgroup.procs"))
            try file.write(contentsOf: Data("\(process.pid)".utf8))
        }
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let end = try #require(EndWatch().watch(files(tree), pid: nil, isFirst: { false }, directory: directory))
        end.hasRow()
        processes[0].kill()
        #expect(!end.isOver)
        try tree.write("7000000000\n", to: usage)
        processes[1].kill()
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
        let end = try CgroupEnd(files(tree), at: 0)
        var buffer = ReadBuffer()
        var readings = 0
        while let due = end.next, due < 3_600_000_000_000 {
            end.step(at: due, &buffer)
            readings += 1
            #expect(try #require(end.next) - due <= max(20_000_000, due / 10))
        }
        #expect(readings < 150)
    }

    @Test(
        "A container that has ended has one more row with its last reading, as one that has exited, whoever reads the others",
        arguments: [ContainerMode.auto, .docker])
    func lastRow(mode: ContainerMode) async throws {
        let (tree, index) = (try ContainerTree("cgroup-v1-cgroupfs"), ContainerIndex())
        let process = try sleeper()
        let pid = process.pid
        try tree.move("proc/4101", to: "proc/\(pid)")
        try tree.write(tree.text("proc/\(pid)/stat").replacing("4101", with: "\(pid)"), to: "proc/\(pid)/stat")
        // These pids are of the test's own namespace.
        try tree.move("proc/self", to: "proc/\(getpid())")
        try FileManager.default.createSymbolicLink(atPath: "\(tree.path)/proc/self", withDestinationPath: "\(getpid())")
        index.setEngineAvailable(true)
        index.upsert(ContainerTree.info(ContainerTree.web, name: "web", pid: pid))
        let watch = EndWatch()
        var source = ContainerSource(roots: tree.roots, mode: mode, index: index, board: StatsBoard(), watch: watch)
        #expect(try source.cells().container(ContainerTree.web)?["state"] == "running")
        try tree.write("150000000000\n", to: usage)
        // The watch takes the source's first.
        let behind = try #require(watch.watch(files(tree), pid: pid, isFirst: { true }, directory: nil))
        process.signal(SIGKILL)
        try await eventually("the end") { behind.isOver }
        index.remove(ContainerTree.web)
        let rows = try source.cells().container.filter { $0["container_id"] == ContainerTree.web }
        #expect(rows.count == 1)
        let last = try #require(rows.first)
        #expect(last["cpu_us"] == "150000000" && last["state"] == "exited" && last["sample_age_us"] != nil)
        #expect(last["source"] == "cgroup" && last["rx_bytes"] == "1000001796")
        #expect(try source.cells().container(ContainerTree.web) == nil, "once")
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
        "When the process by which a container was found ends and others go on, its rows go on; when all have ended, its last reading is told once, though its cgroup stay",
        .enabled(if: !hierarchies.isEmpty && hierarchies.allSatisfy { access($0, W_OK) == 0 }, "needs writable cgroups"))
    func firstIsNotAll() async throws {
        let id = String((0..<64).map { _ in "0123456789abcdef".randomElement()! })
        let places = Self.hierarchies.map { "\($0)/\(id)" }
        let processes = try (0..<2).map { _ in try sleeper() }
        defer {
            for process in processes { process.kill() }
            for place in places { rmdir(place) }
        }
        for place in places { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false) }
        let watch = EndWatch()
        var source = ContainerSource(roots: KernelRoots(), mode: .cgroup, index: ContainerIndex(), board: nil, watch: watch)
        for place in places {
            for process in processes {
                let file = try #require(FileHandle(forWritingAtPath: "\(place)/cgroup.procs"))
                // Some of version 1 take none before they are set up.
                try? file.write(contentsOf: Data("\(process.pid)".utf8))
            }
        }
        // Each walks the tree anew.
        var instant = Clocks.monotonic()
        func rows(_ source: inout ContainerSource) throws -> Int {
            instant += 2_000_000_000
            return try source.cells(at: instant).container.count { $0["container_id"] == id }
        }
        /// Ends a process, and waits until the watch has seen that.
        func end(_ process: ChildProcess) async throws {
            let tree = try ContainerTree("cgroup-v1-cgroupfs")
            let behind = try #require(watch.watch(files(tree), pid: process.pid, isFirst: { true }, directory: nil))
            process.kill()
            try await eventually("the end") { behind.isOver }
        }
        #expect(try rows(&source) == 1)
        try await end(processes[0])
        for _ in 0..<3 { #expect(try rows(&source) == 1) }
        try await end(processes[1])
        #expect(try rows(&source) == 1, "its last reading")
        for _ in 0..<3 { #expect(try rows(&source) == 0, "its empty cgroup isn't another container") }
        for place in places { rmdir(place) }
        #expect(try rows(&source) == 0)
    }
}
