import StatsCore
import Testing

@testable import Agent

/// The kernel enforces the limits of all cgroups on the way up.
@Suite("Limits of a container") struct ContainerLimitTests {
    private let web = ContainerTree.web

    @Test("The limits of pod and slice count where they are lower than the container's own", arguments: [ContainerMode.cgroup, .docker])
    func version2(mode: ContainerMode) throws {
        let bench = try Bench("cgroup-v2-systemd", mode)
        let slice = "sys/fs/cgroup/system.slice"
        let own = try bench.row()
        try bench.tree.make("\(slice)/cpu.max", "20000 100000\n")
        try bench.tree.make("\(slice)/memory.max", "30000000\n")
        try bench.tree.make("\(slice)/pids.max", "7\n")
        try bench.tree.make("sys/fs/cgroup/memory.max", "max\n")
        let row = try bench.row()
        #expect(row["cpu_limit"] == "0.2" && row["memory_limit_bytes"] == "30000000" && row["pids_limit"] == "7")
        for (column, high) in [("cpu.max", "max 100000\n"), ("memory.max", "9000000000000\n"), ("pids.max", "4000000\n")] {
            try bench.tree.write(high, to: "\(slice)/\(column)")
        }
        let high = try bench.row()
        #expect(["memory_limit_bytes", "cpu_limit"].allSatisfy { high[$0] == own[$0] })
    }

    @Test(
        "Under version 1, memory.stat tells the least memory limit, and the cgroups above the others",
        arguments: [ContainerMode.cgroup, .docker])
    func version1(mode: ContainerMode) throws {
        let bench = try Bench("cgroup-v1-cgroupfs", mode)
        let stat = "sys/fs/cgroup/memory/docker/\(web)/memory.stat"
        try bench.tree.write(
            bench.tree.text(stat).replacing(/hierarchical_memory_limit \d+\n/, with: "") + "hierarchical_memory_limit 40000000\n", to: stat)
        try bench.tree.make("sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "10000\n")
        try bench.tree.make("sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n")
        try bench.tree.make("sys/fs/cgroup/pids/docker/pids.max", "9\n")
        let row = try bench.row()
        #expect(row["cpu_limit"] == "0.1" && row["memory_limit_bytes"] == "40000000" && row["pids_limit"] == "9")
    }

    @Test("A limit above a container that is changed is read again")
    func changed() throws {
        let tree = try ContainerTree("cgroup-v2-systemd")
        let mount = try #require(CgroupMount(roots: tree.roots))
        let path = try #require(CgroupTree(mount)?.containers()?.first).root
        var buffer = ReadBuffer()
        var tally = ReadTally()
        try tree.make("sys/fs/cgroup/system.slice/memory.max", "5000\n")
        let above = CgroupAncestors(mount).above(mount.location(at: path), &buffer, &tally)
        func limit(at second: UInt64) -> UInt64? {
            var counters = ContainerCounters()
            for cgroup in above { cgroup.restrict(&counters, at: second * 1_000_000_000, &buffer, &tally) }
            return counters.memoryLimit
        }
        #expect(limit(at: 1) == 5000)
        try tree.write("4000\n", to: "sys/fs/cgroup/system.slice/memory.max")
        #expect(limit(at: 2) == 4000 && tally == ReadTally())
    }

    private struct Bench {
        let tree: ContainerTree
        let mode: ContainerMode
        private let board = StatsBoard()

        init(_ tree: String, _ mode: ContainerMode) throws {
            self.tree = try ContainerTree(tree)
            self.mode = mode
        }

        /// The row of a source that begins now.
        func row() throws -> [String: String] {
            let index = ContainerIndex()
            index.setEngineAvailable(true)
            index.publish([ContainerTree.info(ContainerTree.web, name: "web", pid: 4101)])
            var source = ContainerSource(roots: tree.roots, mode: mode, index: index, board: mode == .docker ? board : nil)
            if mode == .docker {
                let stat = (try? tree.text("sys/fs/cgroup/memory/docker/\(ContainerTree.web)/memory.stat")) ?? ""
                let least = stat.split(separator: "\n").last { $0.hasPrefix("hierarchical_memory_limit ") }?.split(separator: " ").last
                let lines = least.map { ",\"stats\":{\"hierarchical_memory_limit\":\($0)}" } ?? ""
                let json = Array(
                    "{\"read\":\"2026-11-21T09:00:35Z\",\"memory_stats\":{\"usage\":1000,\"limit\":9000000000000\(lines)}}".utf8)
                var reading = try #require(try EngineStats.decode(json.span.bytes))
                reading.wall = Clocks.wall()
                board.request(ids: [ContainerTree.web])
                _ = board.takeDue()
                board.answer(ContainerTree.web, .reading(reading))
            }
            return try #require(source.cells().container(ContainerTree.web))
        }
    }
}
