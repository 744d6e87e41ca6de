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

    @Test("A walk is made every five seconds at most")
    func pace() {
        var others = OtherContainers()
        #expect(others.isDue(at: 7))
        _ = others.look(at: 7, [])
        #expect(!others.isDue(at: 5_000_000_006) && others.isDue(at: 5_000_000_007))
    }
}
