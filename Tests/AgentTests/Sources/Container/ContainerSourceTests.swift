import Foundation
import StatsCore
import Testing

@testable import Agent

@Suite("Containers and their processes") struct ContainerSourceTests {
    private let web = ContainerTree.web
    private let database = ContainerTree.database

    @Test("Without an engine they are found in the cgroup tree")
    func withoutEngine() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: ContainerIndex(), board: nil)
        let cells = try source.cells()
        #expect(Set(cells.container.compactMap { $0["container_id"] }) == [web, database])
        let row = try #require(cells.container(web))
        #expect(row["source"] == "cgroup")
        #expect(row["container"] == nil)
        #expect(row["cpu_us"] == "143359895")
        #expect(row["rx_bytes"] == "1000001796")
        #expect(row["cpu_percent"] == nil)
        #expect(Set(cells.process.compactMap { $0["pid"] }) == ["4101", "4102", "4103", "4201"])
        #expect(cells.errors == 0)
    }

    @Test("A container on the host's network has no traffic of its own")
    func hostNetwork() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var alone = ContainerSource(roots: tree.roots, mode: .auto, index: ContainerIndex(), board: nil)
        #expect(try alone.cells().container(database)?["rx_bytes"] == nil)

        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101, hostNetwork: true)])
        var told = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        let row = try #require(told.cells().container(web))
        #expect(row["rx_bytes"] == nil)
        #expect(row["cpu_us"] != nil)
    }

    @Test(
        "The engine's names and the kernel's numbers stand in one row",
        arguments: ["cgroup-v1-cgroupfs", "cgroup-v2-systemd", "cgroup-hybrid"])
    func oneRow(name: String) throws {
        let tree = try ContainerTree(name)
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101)])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        let cells = try source.cells()
        #expect(cells.container.filter { $0["container_id"] == web }.count == 1)
        let row = try #require(cells.container(web))
        #expect(row["container"] == "web")
        #expect(row["image"] == "image-web")
        #expect(row["health"] == "healthy")
        #expect(row["restarts"] == "1")
        #expect(row["memory_limit_bytes"] == "67108864")
        #expect(row["tx_packets"] == "505")
        #expect(cells.process(4101)?["container"] == "web")
        // Processes in nested cgroups belong to the container.
        if name == "cgroup-v2-systemd" { #expect(cells.process(4102)?["comm"] == "cron") }
        if name == "cgroup-v1-cgroupfs" { #expect(cells.process(4103)?["threads"] == "12") }
    }

    @Test("A container has the names that Compose, Swarm or Kubernetes gave it")
    func deploymentNames() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        var info = ContainerTree.info(web, name: "web", pid: 4101)
        let names = [
            ("com.docker.compose.project", "compose_project"), ("com.docker.compose.service", "compose_service"),
            ("com.docker.swarm.service.name", "swarm_service"), ("com.docker.swarm.task.name", "swarm_task"),
            ("com.docker.swarm.node.id", "swarm_node"), ("io.kubernetes.pod.namespace", "kubernetes_namespace"),
            ("io.kubernetes.pod.name", "kubernetes_pod"), ("io.kubernetes.container.name", "kubernetes_container"),
            ("io.kubernetes.pod.uid", "kubernetes_pod_uid"),
        ]
        for (label, column) in names {
            info.labels = [label: "it's \"\(column)\""]
            index.upsert(info)
            let row = try #require(source.cells().container(web))
            #expect(names.compactMap { row[$0.1] } == ["it's \"\(column)\""], "only \(column)")
        }
    }

    @Test("Without an engine the UID of a container's pod is still known")
    func podUID() throws {
        let tree = try ContainerTree("cgroup-kubepods")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let rows = try source.cells().container
        #expect(rows.count == 3)
        #expect(rows.contains { $0["kubernetes_pod_uid"] == "0f3b6a52-9d1e-4c55-8a67-1c2d3e4f5a6b" })
        #expect(rows.allSatisfy { $0["kubernetes_pod_uid"] != nil && $0["kubernetes_pod"] == nil })
    }

    @Test("CPU time between two readings is a percentage of the time that passed")
    func percentage() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let before = Clocks.monotonic()
        _ = try source.cells()
        // A thousand seconds of CPU time, in what is certainly less than a minute.
        try tree.write("1143359895123\n", to: "sys/fs/cgroup/cpu,cpuacct/docker/\(web)/cpuacct.usage")
        let cells = try source.cells()
        let elapsed = Double(Clocks.monotonic() - before) / 1e9
        let percent = try #require(cells.container(web)?["cpu_percent"].flatMap(Double.init))
        #expect(percent > 1000 / elapsed * 100 * 0.99)
        #expect(cells.container(database)?["cpu_percent"] == "0")
    }

    @Test("A reading after the tick's instant has a negative age")
    func negativeAge() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let cells = try source.cells(at: Clocks.monotonic() - 5_000_000_000)
        let age = try #require(cells.container(web)?["sample_age_us"].flatMap(Int64.init))
        #expect(age <= -5_000_000)
    }

    @Test("A container that ended before the first tick still gets its one row, and only one")
    func endedEarly() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: index, board: nil)
        index.upsert(ContainerTree.info(web, name: "web", pid: 4101))
        source.wake()
        index.remove(web)
        let first = try source.cells(at: Clocks.monotonic() + 2_000_000_000)
        let row = try #require(first.container(web))
        #expect(row["cpu_us"] == "143359895")
        #expect(try #require(row["sample_age_us"].flatMap(Int64.init)) > 0)
        #expect(try source.cells().container(web) == nil)
    }

    @Test("A reading at the start event gives the first tick its percentage")
    func startEvent() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        index.upsert(ContainerTree.info(web, name: "web", pid: 4101))
        source.wake()
        let cells = try source.cells()
        #expect(cells.container(web)?["cpu_percent"] == "0")
        #expect(cells.process(4101)?["cpu_percent"] == "0")
    }

    @Test("A container that was started anew begins anew")
    func startedAnew() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        index.upsert(ContainerTree.info(web, name: "web", pid: 4101))
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        _ = try source.cells()
        index.upsert(ContainerTree.info(web, name: "web", pid: 4102))
        let cells = try source.cells()
        #expect(cells.container.filter { $0["container_id"] == web }.count == 1)
        #expect(cells.container(web)?["cpu_percent"] == nil)
    }

    @Test("A row says when its container was started, and another start is another value")
    func started() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var alone = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let cells = try alone.cells()
        let starts = ["4101", "4102", "4103"].compactMap { pid in cells.process.first { $0["pid"] == pid }?["start_us"].flatMap(UInt64.init)
        }
        #expect(cells.container(web)?["started_us"] == starts.min().map(String.init), "without an engine, of the oldest process")

        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var told = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        for pid: Int32 in [4101, 4102] {
            index.upsert(ContainerTree.info(web, name: "web", pid: pid))
            let cells = try told.cells()
            #expect(cells.container.filter { $0["container_id"] == web }.count == 1)
            #expect(try cells.container(web)?["started_us"] == start(of: pid, tree))
        }
    }

    private func start(of pid: Int32, _ tree: ContainerTree) throws -> String? {
        let stat = Array(try tree.text("proc/\(pid)/stat").utf8)
        return PidStat(parsing: stat.span.bytes).start.map(String.init)
    }

    @Test("A container that was started twice before the first tick has one row in it")
    func startedTwice() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var source = ContainerSource(roots: tree.roots, mode: .auto, index: index, board: nil)
        for pid: Int32 in [4101, 4102, 4103] {
            index.upsert(ContainerTree.info(web, name: "web", pid: pid))
            source.wake()
        }
        #expect(try source.cells().container.filter { $0["container_id"] == web }.count == 1)
        index.upsert(ContainerTree.info(web, name: "web", pid: 4101))
        source.wake()
        index.remove(web)
        #expect(try source.cells().container.filter { $0["container_id"] == web }.count <= 1)
    }

    @Test("A row says whose network it counts: the container's own, another container's, or the host's")
    func network() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var alone = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let cells = try alone.cells()
        #expect(cells.container(web)?["network"] == "own" && cells.container(database)?["network"] == "host")
        #expect(cells.container(database)?["rx_bytes"] == nil)

        // As in a pod: the database moves into the namespace of the older web.
        try tree.remove("proc/4201/ns/net")
        try FileManager.default.createSymbolicLink(atPath: tree.path + "/proc/4201/ns/net", withDestinationPath: "net:[4026532001]")
        try tree.make(
            "proc/4201/stat", tree.text("proc/4101/stat").replacing("4101 (", with: "4201 (").replacing(" 99195 ", with: " 99999 "))
        try tree.make("proc/4201/net/dev", tree.text("proc/4101/net/dev"))
        var pod = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        let shared = try pod.cells()
        #expect(shared.container(web)?["network"] == "own" && shared.container(database)?["network"] == "container:\(web)")
        #expect(shared.container(database)?["rx_bytes"] == shared.container(web)?["rx_bytes"])
    }

    @Test("Nothing is read when containers are off")
    func off() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        var source = ContainerSource(roots: tree.roots, mode: .off, index: ContainerIndex(), board: nil)
        let cells = try source.cells()
        #expect(cells.container.isEmpty && cells.process.isEmpty && cells.event.isEmpty)
    }
}
