import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Processes of the whole host") struct ProcessSourceTests {
    private static let container = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"

    private static func choice(_ match: [String] = [], kernelThreads: Bool = false, hidesArguments: Bool = false) -> ProcessChoice {
        ProcessChoice(
            scope: .all, match: match.compactMap { ProcessPattern($0) }, kernelThreads: kernelThreads, hidesArguments: hidesArguments)
    }

    @Test("Each has its user and its unit, is told of once with its command line, and is gone when it has ended")
    func rows() throws {
        let tree = try ProcessTree()
        try tree.write("root:x:0:0::/root:/bin/sh\nweb:x:33:33:,,,:/var:/bin/false\n", to: ProcessTree.passwd)
        try tree.add(1, ppid: 0, "systemd", ["/sbin/init"], cgroup: "/init.scope")
        try tree.add(20, "nginx", ["nginx:", "master process"], cgroup: "/system.slice/nginx.service", uid: 33)
        try tree.add(30, "bash", cgroup: "/user.slice/user-1000.slice/session-3.scope", uid: 4711)
        var source = ProcessSource(roots: tree.roots, Self.choice(), files: .patient)
        let first = try source.cells(hasTime: true)
        #expect(Set(first.process.map { $0["pid"] }) == ["1", "20", "30"])
        let web = try #require(first.process(20))
        #expect(web["unit"] == "nginx.service" && web["uid"] == "33" && web["user"] == "web")
        #expect(web["container_id"] == nil && web["rss_bytes"] == "40960" && web["read_chars"] == "1")
        #expect(first.process(1)?["unit"] == "init.scope" && first.process(1)?["user"] == "root")
        let stranger = try #require(first.process(30))
        #expect(stranger["unit"] == "session-3.scope" && stranger["uid"] == "4711" && stranger["user"] == nil)
        #expect(first.event.first { $0["pid"] == "20" }?["message"] == "nginx: master process")
        #expect(first.leftOut == 0)
        // Who begins to look at live ticks is told, too; in a run each comes once.
        let before = try (
            source.cells(run: nil, audience: 1, hasTime: true).event.count, source.cells(run: nil, audience: 1, hasTime: true).event.count
        )
        let within = try (source.cells(audience: 1, hasTime: true).event.count, source.cells(audience: 2, hasTime: true).event.count)
        #expect(before == (3, 0) && within == (3, 0))

        try tree.remove(20)
        let second = try source.cells()
        #expect(second.process(20) == nil && second.process.count == 2 && second.event.isEmpty && second.errors == 0)
    }

    @Test("Processes of containers are the container source's, and kernel threads are nobody's unless they are asked for")
    func others() throws {
        let tree = try ProcessTree()
        try tree.add(2, ppid: 0, "kthreadd", flags: 0x208040)
        try tree.add(40, "sh", ["sh"], cgroup: "/docker/\(Self.container)")
        try tree.add(50, "sleep", ["sleep"])
        var source = ProcessSource(roots: tree.roots, Self.choice(), files: .patient)
        #expect(try source.cells(hasTime: true).process.map { $0["pid"] } == ["50"])
        var threads = ProcessSource(roots: tree.roots, Self.choice(kernelThreads: true))
        let withThreads = try threads.cells(hasTime: true)
        #expect(Set(withThreads.process.map { $0["comm"] }) == ["kthreadd", "sleep"] && withThreads.leftOut == 0)
    }

    @Test("In a cgroup namespace of its own an agent tells the host's processes from those of its own container and of others")
    func namespace() throws {
        let tree = try ProcessTree()
        try tree.add(1, ppid: 0, "systemd", cgroup: "/../../init.scope")
        try tree.add(10, "agent", cgroup: "/")
        try tree.add(20, "sh", cgroup: "/../\(Self.container)")
        try tree.add(30, "sh", cgroup: "/../../lxc.payload.web/x")
        try tree.add(40, "nginx", cgroup: "/../../system.slice/nginx.service")
        var source = ProcessSource(roots: tree.roots, Self.choice(), files: .patient)
        let cells = try source.cells(hasTime: true)
        #expect(Set(cells.process.map { $0["pid"] }) == ["1", "40"] && cells.process(40)?["unit"] == "nginx.service")
    }

    @Test(
        "The command of another `sonde record` is none of this one's: its processes are of the unit in which it runs, and --processes units leaves them out"
    )
    func otherCommand() throws {
        let tree = try ProcessTree()
        try tree.add(10, "sonde", cgroup: "/user.slice/user-0.slice/session-1.scope")
        try tree.add(11, ppid: 1, "orphan", cgroup: "/user.slice/user-0.slice/session-1.scope/sonde-command-10")
        try tree.add(20, "sonde", cgroup: "/user.slice/user-0.slice/session-2.scope")
        try tree.add(21, ppid: 20, "other", cgroup: "/user.slice/user-0.slice/session-2.scope/sonde-command-20")
        let own = "/user.slice/user-0.slice/session-1.scope/sonde-command-10"
        for scope in [ProcessChoice.Scope.all, .units] {
            let choice = ProcessChoice(
                scope: scope, units: UnitChoice("cgroup=\(own)"), command: .init(launcher: 10, keepsArguments: true))
            var source = ProcessSource(roots: tree.roots, choice, files: .patient)
            let cells = try source.cells(hasTime: true)
            #expect(cells.process(11)?["unit"] == "command")
            #expect(cells.process(21)?["unit"] == (scope == .all ? "session-2.scope" : nil))
            #expect(cells.process.count == (scope == .all ? 4 : 1))
        }
    }

    @Test("A process that is moved into its container's cgroup behind its start is left to the container source from then on")
    func moved() throws {
        let tree = try ProcessTree()
        try tree.add(40, "runc", ["runc"])
        // It has begun just now.
        let now = Clocks.monotonic() / 10_000_000
        try tree.write(
            "40 (runc) S 1 0 0 0 -1 0 104 0 0 0 5 0 0 0 20 0 1 0 \(now) 3133440 410 18446744073709551615\n", to: "proc/40/stat")
        var source = ProcessSource(roots: tree.roots, Self.choice(), files: .patient)
        #expect(try source.cells().process(40) != nil)
        try tree.write("0::/docker/\(Self.container)\n", to: "proc/40/cgroup")
        #expect(try source.cells().process(40) == nil)
    }

    @Test("--match looks at the name, the program and the whole command line, and what it leaves out is counted")
    func match() throws {
        let tree = try ProcessTree()
        try tree.add(10, "java", ["/opt/jdk/bin/java", "-jar", "kafka.jar"])
        try tree.add(20, "systemd-journal", ["/lib/systemd/systemd-journald"])
        try tree.add(30, "sleep", ["sleep", "5"])
        for (pattern, pids) in [("java", ["10"]), ("*kafka*", ["10"]), ("systemd-journald", ["20"]), ("s*", ["20", "30"]), ("none", [])] {
            var source = ProcessSource(roots: tree.roots, Self.choice([pattern]), files: .patient)
            for _ in 0..<3 {
                let cells = try source.cells(hasTime: true)
                #expect(Set(cells.process.compactMap { $0["pid"] }) == Set(pids), "\(pattern)")
                #expect(cells.leftOut == UInt64(3 - pids.count), "\(pattern)")
            }
        }
    }

    @Test(
        "With --hide-arguments each is told of without its command line, by which --match chooses all the same",
        arguments: [[], ["*-jar kafka*"]])
    func hiddenArguments(match: [String]) throws {
        let tree = try ProcessTree()
        try tree.add(20, "java", ["java", "-jar", "kafka.jar", "--password=x"])
        try tree.add(30, "java", ["java", "-jar", "other.jar"])
        var source = ProcessSource(roots: tree.roots, Self.choice(match, hidesArguments: true), files: .patient)
        let cells = try source.cells(hasTime: true)
        let wanted = match.isEmpty ? ["20", "30"] : ["20"]
        #expect(cells.process.compactMap { $0["pid"] }.sorted() == wanted)
        #expect(cells.event.compactMap { $0["pid"] }.sorted() == wanted && cells.event.allSatisfy { $0["message"] == nil })
    }

    @Test("A process that comes to run another program is told of again, and matches by its new name")
    func exec() throws {
        let tree = try ProcessTree()
        try tree.add(10, "sh", ["sh"])
        try tree.add(20, "sh", ["sh", "-c", "x"])
        var source = ProcessSource(roots: tree.roots, Self.choice(["sh", "worker"]), files: .patient)
        var all = ProcessSource(roots: tree.roots, Self.choice(), files: .patient)
        var idle = ProcessSource(roots: tree.roots, Self.choice(["worker"]), files: .patient)
        #expect(try source.cells(hasTime: true).process.count == 2 && all.cells(hasTime: true).event.count == 2)
        #expect(try idle.cells(hasTime: true).process.isEmpty)
        try tree.add(20, "worker", ["/bin/worker"])
        let told = try all.cells(hasTime: true).event
        #expect(told.count == 1 && told.first?["message"] == "/bin/worker")
        #expect(try source.cells(hasTime: true).process.count == 2)
        // One that nobody wanted is looked at again at once, soon, and then now and then.
        #expect(try (0..<3).contains { _ in try idle.cells(hasTime: true).process.map { $0["pid"] } == ["20"] })
    }

    @Test("What nobody wants is looked at ever more rarely, and is recorded from the next look on when it has become something else")
    func passedOver() throws {
        let tree = try ProcessTree()
        try tree.add(2, ppid: 0, "kthreadd", flags: 0x208040)
        try tree.add(20, "sh", ["sh"])
        var source = ProcessSource(roots: tree.roots, Self.choice(["worker"]), files: .patient)
        // Looked at in rounds 1, 2, 3, 5 and 9.
        for _ in 1...5 { #expect(try source.cells(hasTime: true).leftOut == 1) }
        try tree.add(20, "worker", ["/bin/worker"])
        try tree.add(2, "worker", ["/bin/worker"])
        for _ in 6...8 { #expect(try source.cells(hasTime: true).process.isEmpty) }
        let ninth = try source.cells(hasTime: true)
        #expect(Set(ninth.process.compactMap { $0["pid"] }) == ["2", "20"] && ninth.leftOut == 0)
    }

    @Test("A /proc that can't be listed is an error of the tick, not a host without processes")
    func unreadable() throws {
        let tree = try ProcessTree()
        try tree.add(10, "sh", ["sh"])
        var source = ProcessSource(roots: KernelRoots(proc: tree.path("absent"), sys: tree.path("sys")), Self.choice())
        #expect(try source.cells().errors == 1)
    }
}
