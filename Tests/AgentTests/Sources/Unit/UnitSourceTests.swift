import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Units") struct UnitSourceTests {
    private func names(_ choice: UnitChoice, _ cgroups: [String] = UnitTreeFixture.usual) throws -> [String] {
        let tree = try UnitTreeFixture(cgroups)
        return UnitTree(try #require(CgroupMount(roots: tree.roots)), choice).walk().units.map(\.path)
    }

    @Test("Services and scopes: of nested ones the innermost, and no container nor what is in one")
    func innermost() throws {
        #expect(
            try names(UnitChoice("kind=service", "kind=scope")) == [
                "/init.scope", "/system.slice/docker.service", "/system.slice/nginx.service",
                "/system.slice/system-getty.slice/getty@tty1.service", "/user.slice/user-1000.slice/session-3.scope",
                "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
                "/user.slice/user-1000.slice/user@1000.service/init.scope",
            ])
        // A service in which containers stand would count them a second time.
        let id = UnitTreeFixture.container
        #expect(
            try names(UnitChoice("*"), ["/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:\(id)"]) == [])
    }

    @Test("One around others is recorded where it is asked for by its name, its path or as a slice")
    func parents() throws {
        #expect(
            try names(UnitChoice("foo", "user@1000.service")) == [
                "/user.slice/user-1000.slice/user@1000.service",
                "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
            ])
        #expect(
            try names(UnitChoice("kind=slice")) == [
                "/machine.slice", "/system.slice", "/system.slice/system-getty.slice", "/user.slice", "/user.slice/user-1000.slice",
                "/user.slice/user-1000.slice/user@1000.service/app.slice",
            ])
        #expect(try names(UnitChoice("/user.slice", "kind=scope")).contains("/user.slice"))
        #expect(try !names(UnitChoice("user*", "kind=scope")).contains("/user.slice"))
        #expect(
            try names(UnitChoice("/system.slice/docker.service/*"), ["/system.slice/docker.service/worker"]) == [
                "/system.slice/docker.service/worker"
            ])
    }

    @Test("Virtual machines and LXC's containers are units where they aren't recorded as containers")
    func guests() throws {
        #expect(try names(UnitChoice("kind=vm")) == ["/machine.slice/machine-qemu\\x2d1\\x2dweb.scope"])
        #expect(try names(UnitChoice("kind=lxc")) == ["/lxc.monitor.web"])
        #expect(try names(UnitChoice("kind=lxc", takesNamedContainers: true)) == ["/lxc.monitor.web", "/lxc.payload.web"])
    }

    @Test("A unit has its kind, its path and what its cgroup counts, and its percentage from the second row on")
    func rows() throws {
        let tree = try UnitTreeFixture()
        var source = UnitSource(roots: tree.roots, UnitChoice("nginx"))
        let first = try source.cells()
        let row = try #require(first.unit.first)
        #expect(first.unit.count == 1 && first.errors == 0)
        #expect(row["unit"] == "nginx.service" && row["unit_kind"] == "service" && row["cgroup"] == "/system.slice/nginx.service")
        #expect(row["cpu_us"] == "1000" && row["memory_usage_bytes"] == "4096" && row["memory_limit_bytes"] == "1024000000")
        #expect(row["cpu_percent"] == nil && row["oom_kills"] == nil, "what the kernel doesn't say is empty")
        try tree.add("/system.slice/nginx.service", cpu: 3000)
        let second = try #require(source.cells().unit.first)
        #expect(second["cpu_us"] == "3000" && second["cpu_percent"] != nil)
    }

    @Test("A unit that is made or removed is seen at the next tick as soon as somebody tells of it, and one made anew counts anew")
    func changes() async throws {
        let tree = try UnitTreeFixture()
        let news = try #require(CgroupNews())
        var source = UnitSource(roots: tree.roots, UnitChoice("kind=service"), news: news)
        let woken = EventSignal()
        news.start { woken.signal() }
        let before = try source.cells().unit.count
        try tree.add("/system.slice/new.service")
        #expect(woken.wait(until: nil))
        try await eventually("the news") { news.hasSome }
        #expect(try source.cells().unit.contains { $0["unit"] == "new.service" })
        #expect(news.tellsAll)

        try tree.remove("/system.slice/new.service")
        try tree.add("/system.slice/new.service", cpu: 5)
        try await eventually("the news of that") { news.hasSome }
        let anew = try source.cells().unit.filter { $0["unit"] == "new.service" }
        #expect(anew.count == 1 && anew.first?["cpu_us"] == "5" && anew.first?["cpu_percent"] == nil)
        try tree.remove("/system.slice/new.service")
        try await eventually("the news of its end") { news.hasSome }
        #expect(try source.cells().unit.count == before)
    }

    @Test("A unit of version 1 that is made hierarchy by hierarchy is read in all of them, and one that is removed so keeps what is left")
    func steps() throws {
        let scratch = try ScratchDirectory()
        let (cpu, memory) = ("sys/fs/cgroup/cpuacct", "sys/fs/cgroup/memory")
        for hierarchy in [cpu, memory] { try scratch.makeDirectory(hierarchy) }
        try scratch.write("MemTotal:       1000000 kB\n", to: "proc/meminfo")
        let roots = KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys"))
        try scratch.write("4096\n", to: "\(memory)/a.service/memory.usage_in_bytes")
        var source = UnitSource(roots: roots, UnitChoice("a"), walkInterval: 0)
        let first = try #require(source.cells().unit.first)
        #expect(first["memory_usage_bytes"] == "4096" && first["cpu_us"] == nil)
        try scratch.write("7000\n", to: "\(cpu)/a.service/cpuacct.usage")
        let second = try #require(source.cells().unit.first)
        #expect(second["memory_usage_bytes"] == "4096" && second["cpu_us"] == "7")
        try FileManager.default.removeItem(atPath: scratch.path("\(cpu)/a.service"))
        #expect(try source.cells().unit.first?["cpu_us"] == "7", "its files are open")
    }

    @Test("Without anybody who tells of changes the tree is walked again and again")
    func withoutNews() throws {
        let tree = try UnitTreeFixture()
        var source = UnitSource(roots: tree.roots, UnitChoice("kind=service"), walkInterval: 0)
        let before = try source.cells().unit.count
        try tree.add("/system.slice/new.service")
        #expect(try source.cells().unit.count == before + 1)
    }

    @Test("Five thousand units are one walk and a row each")
    func thousands() throws {
        let tree = try UnitTreeFixture(services: 5000)
        var source = UnitSource(roots: tree.roots, UnitChoice("kind=service"))
        let cells = try source.cells()
        #expect(cells.unit.count == 5000 && cells.errors == 0)
        #expect(Set(cells.unit.compactMap { $0["cgroup"] }).count == 5000)
    }

    @Test("Processes of the units that are named, of no others and of no container")
    func processes() throws {
        let tree = try ProcessTree()
        try tree.add(20, "nginx", ["nginx"], cgroup: "/system.slice/nginx.service")
        try tree.add(21, "worker", ["worker"], cgroup: "/system.slice/nginx.service/inner")
        try tree.add(30, "bash", ["bash"], cgroup: "/user.slice/user-1000.slice/session-3.scope")
        try tree.add(40, "sh", ["sh"], cgroup: "/docker/\(UnitTreeFixture.container)")
        var source = ProcessSource(roots: tree.roots, ProcessChoice(scope: .units, units: UnitChoice("nginx")))
        let cells = try source.cells(hasTime: true)
        #expect(Set(cells.process.map { $0["pid"] }) == ["20", "21"] && cells.leftOut == 0)
    }
}
