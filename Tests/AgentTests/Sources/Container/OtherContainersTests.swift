import Foundation
import StatsCore
import Testing

@testable import Agent

@Suite("Containers that the engine doesn't know") struct OtherContainersTests {
    private let web = ContainerTree.web
    private let database = ContainerTree.database

    @Test("Beside the engine's containers those of others are recorded from their cgroups", arguments: [ContainerMode.auto, .cgroup])
    func besideTheEngine(mode: ContainerMode) throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.make("sys/fs/cgroup/memory/lxc.payload.box/memory.usage_in_bytes", "4096\n")
        try tree.make("sys/fs/cgroup/memory/lxc.payload.box/cgroup.procs", "")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101)])
        let board = StatsBoard()
        var source = ContainerSource(roots: tree.roots, mode: mode, index: index, board: board)
        let cells = try source.cells()
        #expect(Set(cells.container.compactMap { $0["container_id"] }) == [web, database, "box"])
        let other = try #require(cells.container(database))
        #expect(other["source"] == "cgroup" && other["container"] == nil && other["cpu_us"] != nil)
        #expect(cells.process(4201)?["container_id"] == database)
        #expect(cells.container("box")?["memory_usage_bytes"] == "4096" && cells.container("box")?["container"] == "box")
        board.request(ids: [])
        #expect(board.takeDue().isEmpty && board.reading(for: database) == nil, "the engine isn't asked for what it doesn't know")
        #expect(try source.cells().container.count == 3)
    }

    @Test("In docker mode only the engine's containers are recorded")
    func dockerMode() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101)])
        var source = ContainerSource(roots: tree.roots, mode: .docker, index: index, board: StatsBoard())
        #expect(try source.cells().container.map { $0["container_id"] } == [web])
    }

    @Test("An engine that goes away and comes back with the same list has its containers once, under their names")
    func engineBack() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        let list = [ContainerTree.info(web, name: "web", pid: 4101)]
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        for _ in 0..<2 {
            index.setEngineAvailable(true)
            index.publish(list)
            #expect(try source.cells().container.map { $0["container"] ?? "-" }.sorted() == ["-", "web"])
            index.setEngineAvailable(false, reason: "stopped")
            #expect(try source.cells().container.map { $0["container"] ?? "-" }.sorted() == ["-", "web"])
        }
    }

    @Test("A container that was found before its engine answered goes on when it does, with its percentage and without further events")
    func engineComes() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: index, board: nil, files: .patient)
        #expect(try source.cells(hasTime: true).event.contains { $0["pid"] == "4101" })
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101)])
        let cells = try source.cells(hasTime: true)
        let row = try #require(cells.container(web))
        #expect(row["container"] == "web" && row["cpu_percent"] != nil && cells.event.isEmpty)
        // Another first process is another start.
        index.publish([ContainerTree.info(web, name: "web", pid: 4102)])
        #expect(try source.cells().container(web)?["cpu_percent"] == nil)
    }

    @Test("What the engine lists later is its own, and is no other's when it ends before its cgroup")
    func listedLater() throws {
        var others = OtherContainers()
        let walk = try [web, database].map { try #require(CgroupPath("/docker/\($0)")) }
        let before = others.look(at: 0, [])
        #expect(!before && others.found.isEmpty)
        // Seen for the first time: the engine may not have told of them yet.
        let first = others.look(at: 5, walk)
        #expect(!first && others.found.isEmpty)
        others.note(listed: [web])
        let second = others.look(at: 10, walk)
        #expect(second && others.found.map(\.containerID) == [database])
        let third = others.look(at: 15, walk)
        #expect(!third && others.found.map(\.containerID) == [database], "web has ended, and its cgroup is still there")
        others.note(listed: [database])
        #expect(others.found.isEmpty)
    }

    @Test("What the engine lists stays its own, whatever walks show or don't show of it")
    func listedAndNotSeen() throws {
        var others = OtherContainers()
        let walk = try [web, database].map { try #require(CgroupPath("/docker/\($0)")) }
        _ = others.look(at: 0, walk)
        others.note(listed: [web])
        for (instant, walk) in [(5, []), (10, walk), (15, walk)] as [(UInt64, [CgroupPath])] { _ = others.look(at: instant, walk) }
        #expect(others.found.map(\.containerID) == [database])
        let isChanged = others.look(at: 20, nil)
        #expect(!isChanged && others.found.map(\.containerID) == [database], "a walk that couldn't be made says nothing")
        others.note(listed: [])
        _ = others.look(at: 25, nil)
        _ = others.look(at: 30, walk)
        #expect(others.found.map(\.containerID) == [database], "web has ended, and its cgroup is still there")
    }

    @Test("While the cgroup tree can't be read every container keeps its one row, and each try counts as an error")
    func unreadableTree() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101)])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        let (start, walked) = (Clocks.monotonic(), 5_000_000_000 as UInt64)
        let (memory, aside) = ("\(tree.path)/sys/fs/cgroup/memory", "\(tree.path)/sys/fs/cgroup/aside")
        for round in 0..<6 as Range<UInt64> {
            // A link to itself can't be opened. Files that are open stay readable.
            if round == 2 {
                try FileManager.default.moveItem(atPath: memory, toPath: aside)
                try FileManager.default.createSymbolicLink(atPath: memory, withDestinationPath: memory)
            }
            if round == 4 {
                try FileManager.default.removeItem(atPath: memory)
                try FileManager.default.moveItem(atPath: aside, toPath: memory)
            }
            let cells = try source.cells(at: start + round * walked)
            #expect(cells.container.map { $0["container"] ?? "-" }.sorted() == ["-", "web"], "round \(round)")
            #expect((cells.errors > 0) == (2...3).contains(round), "round \(round)")
        }
    }

    @Test("However many containers are new, one walk of the cgroup tree finds them all", arguments: [ContainerMode.auto, .cgroup])
    func oneWalk(mode: ContainerMode) throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        if mode == .auto {
            index.setEngineAvailable(true)
            index.publish([])
        }
        for number in 0..<20 {
            try tree.make("sys/fs/cgroup/memory/lxc.payload.box\(number)/memory.usage_in_bytes", "4096\n")
            try tree.make("sys/fs/cgroup/memory/lxc.payload.box\(number)/cgroup.procs", "")
        }
        var source = ContainerSource(roots: tree.roots, mode: mode, index: index, board: mode == .auto ? StatsBoard() : nil)
        let listings = try DirectoryWatch("\(tree.path)/sys/fs/cgroup/memory")
        #expect(try source.cells().container.count == 22)
        #expect(try listings.count() == 1)
    }

    @Test("A walk is made every five seconds at most")
    func pace() {
        var others = OtherContainers()
        #expect(others.isDue(at: 7))
        _ = others.look(at: 7, [])
        #expect(!others.isDue(at: 5_000_000_006) && others.isDue(at: 5_000_000_007))
    }
}

/// Counts how often a directory is opened (inotify(7)).
private struct DirectoryWatch {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        try #require(descriptor >= 0)
        // With the closings between them, openings aren't merged into one.
        try #require(inotify_add_watch(descriptor, path, UInt32(IN_OPEN | IN_CLOSE)) >= 0)
    }

    /// Closes the watch.
    func count() throws -> Int {
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let size = read(descriptor, &bytes, bytes.count)
        try #require(size > 0)
        var (count, offset) = (0, 0)
        while offset < size {
            let (mask, length) = bytes.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
                    $0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self)
                )
            }
            // Without a name: the directory itself.
            if length == 0, mask & UInt32(IN_OPEN) != 0 { count += 1 }
            offset += 16 + Int(length)
        }
        return count
    }
}
