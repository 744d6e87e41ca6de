import StatsCore
import TestSupport
import Testing

@testable import Agent

extension ProcessExit {
    /// Of a process that gave its exit code 3.
    init(
        _ pid: UInt32, ppid: UInt32 = 1, _ name: String = "cc1", cpu: UInt64 = 70_000, began: UInt64 = 0,
        ended: UInt64 = Clocks.monotonic(), flags: UInt8 = 0x20, start: UInt64 = 991_990_000
    ) {
        var thread = TaskStats()
        (thread.pid, thread.tgid, thread.ppid, thread.uid, thread.flags) = (pid, pid, ppid, 33, flags)
        for (index, byte) in name.utf8.enumerated() { thread.comm[index] = byte }
        thread.voluntarySwitches = 9
        var io = PidIO()
        (io.readChars, io.readCalls, io.writeBytes) = (2048, 1024, 4096)
        self.init(
            number: UInt64(pid), thread: thread, began: began, start: start, ended: ended, cpuUser: cpu, cpuSystem: 20_000,
            minorFaults: 500,
            majorFaults: 1, io: io, peakResident: 7 << 20, status: ExitStatus(waitStatus: 3 << 8))
    }
}

@Suite("The last row of a process") struct LastRowsTests {
    private static let container = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"

    private let tree: ProcessTree
    private let box = ExitBox()

    init() throws {
        tree = try ProcessTree()
        try tree.write("root:x:0:0::/root:/bin/sh\nweb:x:33:33:,,,:/var:/bin/false\n", to: ProcessTree.passwd)
        try tree.add(1, ppid: 0, "systemd", cgroup: "/init.scope")
        try tree.add(20, "make", ["make"], cgroup: "/system.slice/build.service", ticks: 5)
    }

    private func source(_ match: [String] = [], exits: ExitBox? = nil) -> ProcessSource {
        let choice = ProcessChoice(scope: .all, match: match.compactMap { ProcessPattern($0) })
        return ProcessSource(roots: tree.roots, choice, exits: exits ?? box)
    }

    @Test("One that was known has a last row with all that it used, beside what was known of it", arguments: [true, false])
    func known(isToldInTime: Bool) throws {
        var source = source()
        #expect(try source.cells(hasTime: true).process(20)?["exit_code"] == nil)
        try tree.remove(20)
        if !isToldInTime { #expect(try source.cells(hasTime: true).process(20) == nil) }
        box.put([ProcessExit(20, "cc1")], lost: 0)
        let cells = try source.cells(hasTime: true)
        let last = try #require(cells.process(20))
        #expect(
            last["state"] == "X" && last["comm"] == "cc1" && last["unit"] == "build.service" && last["uid"] == "0" && last["user"] == "root"
        )
        #expect(last["start_us"] == "991950000" && last["cpu_user_us"] == "70000" && last["cpu_system_us"] == "20000")
        #expect(
            last["minor_faults"] == "500" && last["major_faults"] == "1" && last["read_chars"] == "2048" && last["write_bytes"] == "4096")
        #expect(last["peak_rss_bytes"] == "\(7 << 20)" && last["voluntary_switches"] == "9")
        #expect(last["exit_code"] == "3" && last["exit_signal"] == nil && last["rss_bytes"] == nil && last["threads"] == nil)
        #expect(cells.event.isEmpty && cells.exitsLeftOut == 0)
        #expect(try source.cells(hasTime: true).process(20) == nil)
    }

    @Test("It keeps its name when only another thread's message told of its end, and how it ended isn't known")
    func otherThread() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        try tree.remove(20)
        var exit = ProcessExit(20, "worker-3")
        (exit.thread.pid, exit.status) = (21, nil)
        box.put([exit], lost: 0)
        let last = try #require(try source.cells(hasTime: true).process(20))
        #expect(last["comm"] == "make" && last["exit_code"] == nil && last["state"] == "X" && last["voluntary_switches"] == "4")
    }

    @Test("What was read counts where the exit tells less, as of threads that ended before anybody listened")
    func larger() throws {
        try tree.add(20, "make", ticks: 50)
        var source = source()
        _ = try source.cells(hasTime: true)
        try tree.remove(20)
        box.put([ProcessExit(20)], lost: 0)
        let last = try #require(try source.cells(hasTime: true).process(20))
        // 500 ms of user time were read, and none in the kernel.
        #expect(last["cpu_user_us"] == "500000" && last["cpu_system_us"] == "0")
    }

    @Test("One that lived between two ticks has one row, in its parent's unit, with the share of the interval that it used")
    func between() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        // 31 was started by 30, which ended before it was seen, too.
        box.put([ProcessExit(30, ppid: 20, "sh"), ProcessExit(31, ppid: 30)], lost: 0)
        let cells = try source.cells(interval: 1_000_000_000, hasTime: true)
        let row = try #require(cells.process(31))
        #expect(row["state"] == "X" && row["unit"] == "build.service" && row["ppid"] == "30" && row["uid"] == "33" && row["user"] == "web")
        #expect(row["start_us"] == "991990000" && row["cpu_percent"] == "9" && row["read_syscalls"] == nil && row["container_id"] == nil)
        #expect(cells.process(30)?["unit"] == "build.service")
        #expect(try source.cells(hasTime: true).process.filter { $0["state"] == "X" }.isEmpty)
    }

    @Test("Whose unit it was isn't guessed when its parent moves its children, and a container's child is no row of the host")
    func parents() throws {
        try tree.add(40, "shim", cgroup: "/system.slice/containerd.service")
        try tree.add(41, ppid: 40, "sh", cgroup: "/docker/\(Self.container)")
        try tree.add(2, ppid: 0, "kthreadd", flags: 0x208040)
        var source = source()
        _ = try source.cells(hasTime: true)
        box.put(
            [
                ProcessExit(50, ppid: 1), ProcessExit(51, ppid: 40), ProcessExit(52, ppid: 41), ProcessExit(53, ppid: 2, flags: 0x21),
                ProcessExit(54, ppid: 2), ProcessExit(55, ppid: 99),
            ], lost: 0)
        // It moved a child, too, and is gone by now.
        try tree.remove(40)
        let dead = try source.cells(hasTime: true).process.filter { $0["state"] == "X" }
        #expect(Set(dead.compactMap { $0["pid"] }) == ["50", "51", "54", "55"] && dead.allSatisfy { $0["unit"] == nil })
    }

    @Test("So it is where a pattern passes its parent over, and where that moves its children, nothing is guessed")
    func parentsThatMatchNothing() throws {
        try tree.add(40, "shim", cgroup: "/system.slice/containerd.service")
        try tree.add(41, ppid: 40, "moved", cgroup: "/system.slice/other.service")
        var source = source(["cc1"])
        for _ in 0..<3 { _ = try source.cells(hasTime: true) }
        box.put([ProcessExit(31, ppid: 20), ProcessExit(32, ppid: 20, "as"), ProcessExit(51, ppid: 40)], lost: 0)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(31)?["unit"] == "build.service" && cells.process(32) == nil)
        let moved = try #require(cells.process(51))
        #expect(moved["unit"] == nil)
    }

    @Test("What ended before a process had its pid isn't that process's end")
    func earlier() throws {
        var source = source(exits: box)
        _ = try source.cells(hasTime: true)
        box.put([ProcessExit(20, "earlier", start: 991_900_000)], lost: 0)
        let rows = try source.cells(hasTime: true).process.filter { $0["pid"] == "20" }
        #expect(rows.map { $0["comm"] } == ["make"] && rows.first?["exit_code"] == nil)
    }

    @Test("A zombie tells how it ended, and has its last row when it is gone")
    func zombie() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        box.put([ProcessExit(20)], lost: 0)
        for _ in 0..<2 {
            let row = try #require(try source.cells(hasTime: true).process(20))
            #expect(row["state"] == "S" && row["exit_code"] == "3")
        }
        try tree.remove(20)
        #expect(try source.cells(hasTime: true).process(20)?["state"] == "X")
        #expect(try source.cells(hasTime: true).process(20) == nil)
    }

    @Test("Another process that had the same pid before isn't taken for the one that is there")
    func reused() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        try tree.remove(20)
        box.put([ProcessExit(20, "other", began: Clocks.awake() + 3_600_000_000_000)], lost: 0)
        let row = try #require(try source.cells(hasTime: true).process(20))
        #expect(row["comm"] == "other" && row["start_us"] == "991990000" && row["cpu_user_us"] == "70000")
    }

    @Test("--match chooses among them by their names, and what it leaves out is counted")
    func match() throws {
        var source = source(["make", "ld"])
        _ = try source.cells(hasTime: true)
        box.put([ProcessExit(30, ppid: 20, "ld"), ProcessExit(31, ppid: 20, "cc1")], lost: 0)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process.filter { $0["state"] == "X" }.map { $0["pid"] } == ["30"])
        // systemd and cc1.
        #expect(cells.leftOut == 2 && cells.exitsLeftOut == 0)
    }

    @Test("Of very many those with most CPU time have rows, and the others are counted, as are lost messages")
    func many() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        let all = 5 * ExitBox.most + 3
        for pid in 0..<all { box.put([ProcessExit(UInt32(1000 + pid), cpu: UInt64(pid))], lost: pid == 0 ? 4 : 0) }
        let cells = try source.cells(hasTime: true)
        let dead = Set(cells.process.filter { $0["state"] == "X" }.compactMap { $0["pid"] })
        #expect(dead == Set((all - ExitBox.most..<all).map { "\(1000 + $0)" }))
        #expect(cells.exitsLeftOut == UInt64(all - ExitBox.most + 4))
        #expect(try source.cells(hasTime: true).exitsLeftOut == 0)
    }

    @Test("What ends behind a tick's instant is in the next one, and what ended before a run began isn't in it")
    func instants() throws {
        var source = source()
        let now = Clocks.monotonic()
        _ = try source.cells(at: now, run: nil, hasTime: true)
        box.put([ProcessExit(30, ended: now + 5)], lost: 0)
        #expect(try source.cells(at: now + 4, run: nil, hasTime: true).process(30) == nil)
        #expect(try source.cells(at: now + 5, run: nil, hasTime: true).process(30) != nil)
        box.put([ProcessExit(31, ended: now + 10), ProcessExit(32, ended: now + 2_000)], lost: 0)
        let first = try source.cells(at: now + 2_500, interval: 1000, run: "r", hasTime: true)
        #expect(first.process(31) == nil && first.process(32) != nil)
    }

    @Test("The last rows of a tick that may be too late are in the next one, and so is how many were left out")
    func late() throws {
        var source = source()
        _ = try source.cells(hasTime: true)
        box.put([ProcessExit(30)], lost: 2)
        let late = try source.cells(hasTime: false)
        #expect(late.process(30) == nil && late.exitsLeftOut == 0)
        box.put([ProcessExit(31)], lost: 1)
        let next = try source.cells(hasTime: true)
        #expect(next.process(30)?["exit_code"] == "3" && next.process(31) != nil && next.exitsLeftOut == 3)
        // Not in another run, though.
        box.put([ProcessExit(32)], lost: 0)
        _ = try source.cells(hasTime: false)
        #expect(try source.cells(run: "other", hasTime: true).process(32) == nil)
    }

    @Test("Where nobody tells of ends there are no last rows, and how many lack one isn't known")
    func none() throws {
        var source = ProcessSource(roots: tree.roots, ProcessChoice(scope: .all))
        _ = try source.cells(hasTime: true)
        try tree.remove(20)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(20) == nil && cells.exitsLeftOut == nil)
    }
}

@Suite("The last row of a container's process") struct ContainerLastRowsTests {
    private static let web = "docker/\(ContainerTree.web)"

    private static func empty(_ tree: ContainerTree) throws {
        for cgroup in [web, "\(web)/inner", "\(web)/inner/deep"] {
            try tree.write("", to: "sys/fs/cgroup/memory/\(cgroup)/cgroup.procs")
        }
    }

    @Test("It has the container's name, and so has that of a child which nobody saw alive")
    func rows() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let box = ExitBox()
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(), board: nil, exits: box)
        let before = try source.cells(hasTime: true).process(4101)
        #expect(before?["container_id"] == ContainerTree.web)
        try Self.empty(tree)
        box.put(
            [ProcessExit(4101, "sh"), ProcessExit(9001, ppid: 4101), ProcessExit(9002, ppid: 9001), ProcessExit(9003, ppid: 1)], lost: 0)
        let cells = try source.cells(hasTime: true)
        let dead = cells.process.filter { $0["state"] == "X" }
        #expect(Set(dead.compactMap { $0["pid"] }) == ["4101", "9001", "9002"])
        #expect(dead.allSatisfy { $0["container_id"] == ContainerTree.web && $0["exit_code"] == "3" })
        #expect(cells.process(4101)?["start_us"] == before?["start_us"])
        #expect(try source.cells(hasTime: true).process.allSatisfy { $0["state"] != "X" })
    }

    @Test("The processes of a container that the engine has removed have theirs, too")
    func removed() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let (box, index) = (ExitBox(), ContainerIndex())
        index.setEngineAvailable(true)
        index.publish([ContainerTree.info(ContainerTree.web, name: "web", pid: 4101)])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil, exits: box)
        #expect(try source.cells(hasTime: true).process(4101)?["container"] == "web")
        index.publish([])
        box.put([ProcessExit(4101, "sh")], lost: 0)
        let cells = try source.cells(hasTime: true)
        #expect(cells.process(4101)?["state"] == "X" && cells.process(4101)?["container"] == "web")
    }
}
