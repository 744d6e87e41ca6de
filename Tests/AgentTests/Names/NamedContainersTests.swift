import Foundation
import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("Containers whose names no engine tells") struct NamedContainersTests {
    private let app = BundleTree.app

    /// A source that reads a tree of pods, with its names, and what it complained of.
    private struct Bench: ~Copyable {
        var source: ContainerSource
        let names: NameReader
        let complaints = Complaints()

        init(_ tree: ContainerTree, _ read: NameRoots, filter: ContainerFilter = ContainerFilter(), index: ContainerIndex? = nil) {
            let complaints = complaints
            names = NameReader(read) { complaints.add($0) }
            source = ContainerSource(
                roots: tree.roots, mode: .cgroup, index: index ?? ContainerIndex(filter: filter), board: nil, names: names)
        }

        /// Reads ticks until one fits.
        /// - Parameter instant: that of all ticks, at which no container has waited long enough for its names to have rows without; `nil` for the present.
        mutating func eventually(_ what: String, at instant: UInt64? = nil, _ fits: (TickCells) -> Bool) async throws -> TickCells {
            try await TestSupport.eventually(what) {
                let cells = try source.cells(at: instant ?? Clocks.monotonic())
                return fits(cells) ? cells : nil
            }
        }
    }

    private final class Complaints: Sendable {
        private let texts = Mutex<[String]>([])
        func add(_ text: String) { texts.withLock { $0.append(text) } }
        var all: [String] { texts.withLock { $0 } }
    }

    /// The containers of a tree.
    private func ids(_ tree: ContainerTree) throws -> [String] {
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil)
        return try source.cells().container.compactMap { $0["container_id"] }.sorted()
    }

    @Test("Their first row has the names, and says who told them; a process has its container's name")
    func firstRow() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        let ids = try self.ids(tree)
        for id in ids { try bundles.bundle(BundleTree.task(id), BundleTree.cri("app", pod: "pod-\(id.prefix(4))")) }
        var bench = Bench(tree, bundles.roots)
        let cells = try await bench.eventually("rows", at: Clocks.monotonic()) { $0.container.count == ids.count }
        for id in ids {
            let row = try #require(cells.container(id))
            #expect(row["names"] == "bundle" && row["container"] == "app" && row["image"] == "registry.example/app:1.2")
            #expect(row["kubernetes_pod"] == "pod-\(id.prefix(4))" && row["kubernetes_namespace"] == "shop")
            #expect(row["kubernetes_container"] == "app" && row["kubernetes_pod_uid"] != nil && row["cpu_us"] != nil)
        }
        #expect(cells.process.allSatisfy { $0["container"] == "app" } && !cells.process.isEmpty && cells.errors == 0)
    }

    @Test("A container of which nobody tells has its rows all the same, without names")
    func nobody() async throws {
        let tree = try ContainerTree("cgroup-kubepods")
        let ids = try self.ids(tree)
        var bench = Bench(tree, NameRoots(run: "/nonexistent", lib: "/nonexistent", log: "/nonexistent"))
        let cells = try await bench.eventually("rows") { $0.container.count == ids.count }
        #expect(cells.container.allSatisfy { $0["names"] == nil && $0["container"] == nil && $0["kubernetes_pod_uid"] != nil })
        #expect(cells.errors == 0 && bench.complaints.all.isEmpty)
    }

    @Test("Sandboxes are left out unless they are asked for; filters know namespace, pod and container from the first row on")
    func filtered() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        let ids = try self.ids(tree)
        try bundles.bundle(BundleTree.task(ids[0]), BundleTree.cri(nil))
        try bundles.bundle(BundleTree.task(ids[1]), BundleTree.cri("app"))
        try bundles.bundle(BundleTree.task(ids[2]), BundleTree.cri("dns", pod: "dns-1", namespace: "kube-system"))
        func recorded(_ include: [String], _ exclude: [String] = [], sandboxes: Bool = false) async throws -> [String] {
            let filter = try ContainerFilter(
                include: include.map { try #require(ContainerPattern($0)) }, exclude: exclude.map { try #require(ContainerPattern($0)) },
                sandboxes: sandboxes)
            var bench = Bench(tree, bundles.roots, filter: filter)
            _ = try bench.source.cells()
            let names = bench.names
            try await eventually("their names") { ids.allSatisfy { names.names(of: $0) != nil } }
            return try bench.source.cells().container.compactMap { $0["container"] }.sorted()
        }
        #expect(try await recorded([]) == ["app", "dns"])
        #expect(try await recorded([], sandboxes: true) == ["POD", "app", "dns"])
        #expect(try await recorded(["namespace=shop"], sandboxes: true) == ["POD", "app"])
        #expect(try await recorded([], ["namespace=kube-*"]) == ["app"])
        #expect(try await recorded(["pod=dns-*"]) == ["dns"])
        #expect(try await recorded(["container=app", "dns"]) == ["app", "dns"])
        #expect(try await recorded(["image=registry.example/*"], ["label=io.kubernetes.pod.namespace=shop"]) == ["dns"])

        // No row before its names are known could be one of a namespace that is left out.
        var bench = try Bench(tree, bundles.roots, filter: ContainerFilter(exclude: [#require(ContainerPattern("namespace=*"))]))
        let instant = Clocks.monotonic()
        for _ in 0..<20 {
            // At one instant, as nobody waits for names for ever.
            let rows = try bench.source.cells(at: instant).container
            #expect(rows.isEmpty)
        }
    }

    @Test("Wherever a runtime puts a container's cgroup, it has one row a tick with the numbers of the live one, and its names")
    func places() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        func id(_ digit: String) -> String { String(repeating: digit, count: 64) }
        let (slice, uid) = ("kubepods-pod1b012081_6e8e_4839_b225_4685eae5fd59.slice", "1b012081-6e8e-4839-b225-4685eae5fd59")
        /// Each with the number that tells it from a second place of the same id.
        let places = [
            ("kubelet.slice/kubelet-kubepods.slice/kubelet-\(slice)/cri-containerd-\(id("1")).scope", "4096"),
            ("system.slice/containerd.service/\(slice):cri-containerd:\(id("2"))", "8192"),
            ("kubepods/burstable/pod\(uid)/kata_\(id("3"))", "12288"), ("kata_overhead/\(id("3"))", "1"),
            ("user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id("4")).scope", "16384"),
        ]
        for (place, bytes) in places {
            try tree.make("sys/fs/cgroup/\(place)/memory.current", bytes + "\n")
            try tree.make("sys/fs/cgroup/\(place)/cgroup.procs", "")
        }
        for digit in ["1", "2"] { try bundles.bundle(BundleTree.task(id(digit)), BundleTree.cri("app-\(digit)")) }
        // Of Kata's pod only the sandbox has a cgroup. It isn't left out, although no shim is known here.
        try bundles.bundle(BundleTree.task(id("3")), BundleTree.cri(nil))
        var bench = Bench(tree, bundles.roots, filter: ContainerFilter(sandboxes: false))
        let cells = try await bench.eventually("rows", at: Clocks.monotonic()) { cells in
            ["1", "2", "3", "4"].allSatisfy { cells.container(id($0)) != nil }
        }
        for (digit, name, bytes) in [("1", "app-1", "4096"), ("2", "app-2", "8192"), ("3", "POD", "12288"), ("4", nil, "16384")] {
            let rows = cells.container.filter { $0["container_id"] == id(digit) }
            #expect(rows.count == 1 && rows[0]["memory_usage_bytes"] == bytes && rows[0]["container"] == name, "\(rows)")
            #expect(rows[0]["kubernetes_pod"] == (name == nil ? nil : "web-7d9f"))
        }
    }

    @Test("A bundle that can't be read is told of once, counts as an error, and leaves the kubelet's names")
    func faulty() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        let ids = try self.ids(tree)
        for id in ids {
            try bundles.write("rubbish", to: BundleTree.task(id) + "/config.json")
            try bundles.makeDirectory("log/containers")
            try FileManager.default.createSymbolicLink(
                atPath: bundles.path("log/containers/web_shop_app-\(id).log"), withDestinationPath: "/nonexistent")
        }
        var bench = Bench(tree, bundles.roots)
        var errors: UInt64 = 0
        let cells = try await bench.eventually("names") { cells in
            errors += cells.errors
            return cells.container.count == ids.count && cells.container.allSatisfy { $0["names"] == "kubelet" }
        }
        #expect(cells.container.allSatisfy { $0["kubernetes_namespace"] == "shop" && $0["image"] == nil })
        #expect(errors >= UInt64(ids.count) && bench.complaints.all.count == 1, "\(bench.complaints.all)")
        // Now it is whole. It is read again.
        for id in ids { try bundles.bundle(BundleTree.task(id), BundleTree.cri("app")) }
        _ = try await bench.eventually("the bundles' names") { $0.container.allSatisfy { $0["names"] == "bundle" && $0["image"] != nil } }
    }

    @Test("A container of LXC or nspawn doesn't get the names of a bundle whose id is its name")
    func namedAlike() async throws {
        let bundles = try BundleTree()
        for name in ["web", "db", "ctr"] { try bundles.bundle(BundleTree.task(name, namespace: "default"), ["nerdctl/name": "stolen"]) }
        let found = try ["/lxc.payload.web", "/machine.slice/machine-db.scope", "/default/ctr"].map { try #require(CgroupPath($0)) }
        let names = NameReader(bundles.roots) { _ in }
        let instant = Clocks.monotonic()
        names.follow(found, at: instant)
        try await eventually("the answers") { found.allSatisfy { !names.isAwaited($0.containerID, at: instant) } }
        #expect(names.names(of: "web") == nil && names.names(of: "db") == nil && names.names(of: "ctr")?.name == "stolen")
    }

    @Test("A directory that is a link is told of once and counts as an error")
    func linked() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        let ids = try self.ids(tree)
        for directory in ["run", "elsewhere"] { try bundles.makeDirectory(directory) }
        try FileManager.default.createSymbolicLink(atPath: bundles.path("run/containers"), withDestinationPath: bundles.path("elsewhere"))
        var bench = Bench(tree, bundles.roots)
        var errors: UInt64 = 0
        _ = try await bench.eventually("rows and the error") { cells in
            errors += cells.errors
            return cells.container.count == ids.count && errors > 0
        }
        #expect(
            bench.complaints.all.count == 1 && bench.complaints.all.first?.contains("run/containers") == true, "\(bench.complaints.all)")
    }

    @Test("A file system that never answers delays no tick: rows come without names, or with the kubelet's")
    func deadFileSystem() async throws {
        let tree = try ContainerTree("cgroup-kubepods")
        let ids = try self.ids(tree)
        let gate = Gate()
        let names = NameReader(
            { place, containers in
                if place == .bundle { gate.wait() }
                let told = ToldNames(.kubelet, container: "app", pod: "web", namespace: "shop", uid: nil)
                return NameAnswers(
                    outcomes: Dictionary(uniqueKeysWithValues: containers.map { ($0.containerID, .told(told, isWhole: true)) }))
            }, report: { _ in })
        defer { gate.open() }
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, names: names)
        var instant = Clocks.monotonic()
        var rows: [[String: String]] = []
        try await eventually("the kubelet's names") {
            // Each returns although the gate is shut: were a tick to wait for it, this test would not end.
            rows = try source.cells(at: instant).container
            instant += 1_000_000_000
            return rows.count == ids.count && rows.allSatisfy { $0["names"] == "kubelet" }
        }
        #expect(rows.allSatisfy { $0["kubernetes_pod"] == "web" })
    }

    private final class Gate: Sendable {
        private let signal = EventSignal()
        func wait() { _ = signal.wait(until: nil) }
        func open() { signal.signal() }
    }

    @Test("What the engine tells stays the engine's; others beside it have the names of their bundles")
    func besideTheEngine() async throws {
        let (tree, bundles) = try (ContainerTree("cgroup-kubepods"), BundleTree())
        let ids = try self.ids(tree)
        for id in ids { try bundles.bundle(BundleTree.task(id), BundleTree.cri("app")) }
        let index = ContainerIndex()
        var listed = ContainerTree.info(ids[0], name: "k8s_app", pid: 4301)
        listed.names = .engine
        index.publish([listed])
        index.setEngineAvailable(true)
        var bench = Bench(tree, bundles.roots, index: index)
        let cells = try await bench.eventually("all rows") {
            $0.container.count == ids.count && $0.container.allSatisfy { $0["names"] != nil }
        }
        #expect(cells.container(ids[0])?["names"] == "engine" && cells.container(ids[0])?["container"] == "k8s_app")
        #expect(
            ids.dropFirst().allSatisfy { cells.container($0)?["names"] == "bundle" && cells.container($0)?["kubernetes_pod"] == "web-7d9f" }
        )
    }
}
