import Foundation
import StatsCore
import Testing

@testable import Agent

/// Which reader gives a container's counters.
@Suite("Engine or cgroup") struct ContainerEngineReadingTests {
    private let web = ContainerTree.web

    @Test(
        "At every interval a container is read from its cgroup, and the engine isn't asked for its counters", arguments: [10, 1000, 60_000])
    func cgroupWherever(milliseconds: UInt64) throws {
        let bench = try Bench(.auto)
        var source = bench.source()
        for _ in 0..<3 {
            let row = try #require(source.cells(interval: milliseconds * 1_000_000).container(web))
            #expect(row["source"] == "cgroup" && row["cpu_us"] == "143359895" && row["oom_kills"] != nil)
            #expect(row["state"] == "running" && row["health"] == "healthy" && row["restarts"] == "1", "which the engine tells")
        }
        source.wake()
        #expect(bench.board.takeDue().isEmpty)
    }

    @Test("A container whose cgroup can't be read here has the engine's counters, and only for it the engine is asked")
    func engineWhereNeeded() throws {
        let bench = try Bench(.auto, hidden: true)
        bench.index.upsert(ContainerTree.info(ContainerTree.database, name: "database", pid: 4201))
        var source = bench.source()
        _ = try source.cells()
        #expect(bench.board.takeDue() == [web])
        let reading = bench.answer(cpu: 7_000)
        let cells = try source.cells(at: reading + 1_000_000)
        let row = try #require(cells.container(web))
        #expect(row["source"] == "docker" && row["cpu_us"] == "7000" && row["sample_age_us"] == "1000" && row["oom_kills"] == nil)
        #expect(cells.container(ContainerTree.database)?["source"] == "cgroup" && cells.container.count == 2)
    }

    @Test("A cgroup that tells nothing of a container's use counts as one that can't be read, and its row is the engine's, once")
    func cgroupWithoutCounters() throws {
        let bench = try Bench(.auto, hidden: true)
        try bench.tree.make("sys/fs/cgroup/systemd/docker/\(web)/cgroup.procs", "4101\n")
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000)
        for _ in 0..<2 {
            let cells = try source.cells(at: reading)
            #expect(cells.container.count { $0["container_id"] == web } == 1 && cells.container(web)?["source"] == "docker")
            #expect(cells.process(4101)?["container"] == "web")
        }
    }

    @Test("Below a second the engine is asked once a second, in docker mode at each tick")
    func pace() throws {
        for (mode, questions) in [(ContainerMode.auto, 2), (.docker, 10)] {
            let bench = try Bench(mode, hidden: true)
            var source = bench.source()
            let start = Clocks.monotonic()
            var asked = 0
            for tick in 0..<10 as Range<UInt64> {
                _ = try source.cells(at: start + tick * 200_000_000, interval: 200_000_000)
                asked += bench.board.takeDue().count
                bench.board.answer(web, .notRunning)
            }
            #expect(asked == questions, "\(mode)")
        }
    }

    @Test("With an engine on another machine or in a pid namespace of its own, the process that has its pid here is another's")
    func foreignPID() throws {
        let bench = try Bench(.auto, hidden: true, pid: 4201)
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000)
        let row = try #require(source.cells(at: reading).container(web))
        #expect(row["started_us"] == nil && row["network"] == "own", "4201 is the database's, on the host's network")
        let nested = try Bench(.auto, pid: 4201)
        var other = nested.source()
        let start = try PidStat(parsing: Array(nested.tree.text("proc/4101/stat").utf8).span.bytes).start
        #expect(try other.cells().container(web)?["started_us"] == start.map(String.init), "its cgroup tells its processes")
    }

    @Test("A container without a cgroup of its own has its process by the time at which the engine started it")
    func processWithoutCgroup() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        try tree.write("0::/user.slice\n", to: "proc/4101/cgroup")
        let stat = try tree.text("proc/4101/stat")
        let start = try #require(PidStat(parsing: Array(stat.utf8).span.bytes).start)
        let began = Clocks.wall() - Int64(Clocks.monotonic()) + Int64(start) * 1000
        let finder = ContainerFinder(roots: tree.roots)
        var buffer = ReadBuffer()
        for (seconds, isIts) in [(0, true), (2, true), (-60, false), (60, false)] as [(Int64, Bool)] {
            var info = ContainerTree.info(web, name: "web", pid: 4101)
            info.startedAt = Timestamp.string((began + seconds * 1_000_000_000) / 1000)
            #expect((finder.firstProcess(4101, of: info, &buffer) != nil) == isIts, "\(seconds) s")
        }
    }

    @Test("In docker mode the engine is asked at any interval, and what it doesn't tell is the cgroup's, at each new answer")
    func dockerMode() throws {
        let docker = try Bench(.docker)
        var other = docker.source()
        let reading = docker.answer(cpu: 7_000)
        let row = try #require(other.cells(at: reading, interval: 200_000_000).container(web))
        #expect(row["source"] == "docker" && row["cpu_us"] == "7000")
        let told = try docker.tree.text("sys/fs/cgroup/memory/docker/\(web)/memory.oom_control").split(separator: "\n")
        #expect(row["oom_kills"].map { "oom_kill \($0)" } == told.last.map(String.init))
        #expect(
            row["memory_peak_bytes"] != nil && row["memory_usage_bytes"] == nil, "what the engine could have told is the engine's alone")
        #expect(row["pids_peak"] == "88" && row["shmem_bytes"] == "4096" && row["cpu_bursts"] == "7")
        for kills in [4, 5] {
            try docker.tree.write(
                "oom_kill_disable 0\nunder_oom 0\noom_kill \(kills)\n", to: "sys/fs/cgroup/memory/docker/\(web)/memory.oom_control")
            let next = docker.answer(cpu: 8_000)
            #expect(try other.cells(at: next).container(web)?["oom_kills"] == "\(kills)")
        }
        // Where there is no cgroup to read, there is nothing to fill in.
        let hidden = try Bench(.docker, hidden: true)
        var blind = hidden.source()
        let answered = hidden.answer(cpu: 7_000)
        let lacking = try #require(blind.cells(at: answered).container(web))
        #expect(lacking["cpu_us"] == "7000" && lacking["oom_kills"] == nil && lacking["pids_peak"] == nil)
    }

    @Test("An answer older than three intervals isn't told", arguments: [ContainerMode.auto, .docker])
    func oldAnswer(mode: ContainerMode) throws {
        let bench = try Bench(mode, hidden: true)
        var source = bench.source()
        let answered = bench.answer(cpu: 7_000)
        #expect(try source.cells(at: answered + 3_000_000_000).container(web)?["source"] == "docker")
        let row = try #require(source.cells(at: answered + 3_000_000_001).container(web))
        #expect(row["source"] == nil)
        #expect(row["cpu_us"] == nil)
        #expect(row["sample_age_us"] == nil)
        #expect(row["container"] == "web")
    }

    @Test(
        "When a cgroup is found late, an engine that doesn't count as the kernel does stays the reader within the run, so that no counter jumps",
        arguments: [true, false])
    func foundLate(countsAsKernel: Bool) throws {
        let bench = try Bench(.auto, countsAsKernel: countsAsKernel, hidden: true)
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000)
        #expect(try source.cells(at: reading).container(web)?["source"] == "docker")
        try bench.show()
        // Any news of the containers has those without a cgroup looked for.
        bench.index.upsert(ContainerTree.info(ContainerTree.database, name: "database", pid: 4201))
        _ = bench.answer(cpu: 8_000)
        let row = try #require(source.cells().container(web))
        #expect(row["source"] == (countsAsKernel ? "cgroup" : "docker"))
        #expect(try source.cells(run: "another").container(web)?["source"] == "cgroup")
        #expect(try source.cells(run: "another").container(web)?["source"] == "cgroup")
    }

    @Test("When the engine is gone its containers are read as before, and one whose cgroup can't be read has no row")
    func engineGone() throws {
        let bench = try Bench(.auto)
        var source = bench.source()
        #expect(try source.cells().container(web)?["source"] == "cgroup")
        bench.index.setEngineAvailable(false, reason: "stopped")
        let row = try #require(source.cells().container(web))
        #expect(row["source"] == "cgroup")
        #expect(row["container"] == "web")

        let hidden = try Bench(.auto, hidden: true)
        var blind = hidden.source()
        let reading = hidden.answer(cpu: 7_000)
        #expect(try blind.cells(at: reading).container(web)?["source"] == "docker")
        hidden.index.setEngineAvailable(false, reason: "stopped")
        #expect(try blind.cells().container(web) == nil)
    }

    @Test("Two answers make a percentage by Docker's formula, and the same answer again keeps it")
    func percentage() throws {
        let bench = try Bench(.docker)
        var source = bench.source()
        var reading = bench.answer(cpu: 0, system: 0)
        _ = try source.cells(at: reading)
        reading = bench.answer(cpu: 500_000, system: 2_000_000_000)
        #expect(try source.cells(at: reading).container(web)?["cpu_percent"] == "50")
        #expect(try source.cells(at: reading + 1).container(web)?["cpu_percent"] == "50")
    }

    @Test(
        "News of other containers leave one that only the engine reads its percentage, and when another starts, only that one is asked for",
        arguments: [ContainerMode.auto, .docker])
    func newsOfOthers(mode: ContainerMode) throws {
        let bench = try Bench(mode, hidden: true)
        var source = bench.source()
        _ = try source.cells(at: bench.answer(cpu: 0, system: 0))
        _ = bench.board.takeDue()
        let other = String(repeating: "a", count: 64)
        for pid in [nil, 999_999] as [Int32?] {
            bench.index.upsert(ContainerTree.info(other, name: "other", pid: pid))
            source.wake()
            #expect(bench.board.takeDue() == (pid == nil ? [other] : []))
        }
        let reading = bench.answer(cpu: 500_000, system: 2_000_000_000)
        #expect(try source.cells(at: reading).container(web)?["cpu_percent"] == "50")
    }

    @Test("The engine's last answer about a container isn't taken for its next start")
    func answerOfEarlierStart() throws {
        let bench = try Bench(.docker)
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000_000)
        #expect(try source.cells(at: reading).container(web)?["cpu_us"] == "7000000")
        bench.index.upsert(ContainerTree.info(web, name: "web", pid: 4102))
        #expect(try source.cells(at: reading + 1_000_000_000).container(web)?["cpu_us"] == nil)
        let next = bench.answer(cpu: 20)
        let row = try #require(source.cells(at: next).container(web))
        #expect(row["cpu_us"] == "20" && row["cpu_percent"] == nil)
    }

    @Test("An answer that failed is counted among the agent's read errors, once")
    func failedAnswer() throws {
        let bench = try Bench(.docker)
        var source = bench.source()
        #expect(try source.cells().errors == 0)
        bench.board.answer(web, .failed)
        #expect(try source.cells().errors == 1)
        #expect(try source.cells().errors == 0)
    }

    /// A fixture tree, an index with its container, and a board for which the test writes the engine's answers.
    private struct Bench {
        let tree: ContainerTree
        let index = ContainerIndex()
        let board = StatsBoard()
        let mode: ContainerMode

        /// - Parameter hidden: whether the container's cgroups can't be seen from here.
        init(_ mode: ContainerMode, countsAsKernel: Bool = true, hidden: Bool = false, pid: Int32 = 4101) throws {
            self.mode = mode
            tree = try ContainerTree("cgroup-v1-cgroupfs")
            if hidden { try Self.move(tree, from: "docker/\(ContainerTree.web)", to: "hidden") }
            index.setEngineAvailable(true, countsAsKernel: countsAsKernel)
            index.publish([ContainerTree.info(ContainerTree.web, name: "web", pid: pid)])
        }

        func show() throws { try Self.move(tree, from: "hidden", to: "docker/\(ContainerTree.web)") }

        private static func move(_ tree: ContainerTree, from old: String, to new: String) throws {
            let root = "\(tree.path)/sys/fs/cgroup"
            for hierarchy in try FileManager.default.contentsOfDirectory(atPath: root) {
                let place = "\(root)/\(hierarchy)"
                // Some are links to others.
                guard FileManager.default.fileExists(atPath: "\(place)/\(old)") else { continue }
                try FileManager.default.moveItem(atPath: "\(place)/\(old)", toPath: "\(place)/\(new)")
            }
        }

        func source() -> ContainerSource { ContainerSource(roots: tree.roots, mode: mode, index: index, board: board) }

        /// - Returns: the instant of the reading, as the board has it.
        func answer(cpu: UInt64, system: UInt64? = nil) -> UInt64 {
            let id = ContainerTree.web
            // A request of the source may still be open; it is answered here.
            board.request(ids: [id])
            _ = board.takeDue()
            var counters = ContainerCounters()
            counters.cpu = cpu
            board.answer(
                id, .reading(EngineReading(counters: counters, systemCPU: system, onlineCPUs: 2, wall: Clocks.wall(), monotonic: 0)))
            return board.reading(for: id)?.monotonic ?? 0
        }
    }
}
