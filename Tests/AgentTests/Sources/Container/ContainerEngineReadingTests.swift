import StatsCore
import Testing

@testable import Agent

/// Which reader gives a container's counters.
@Suite("Engine or cgroup") struct ContainerEngineReadingTests {
    private let web = ContainerTree.web

    @Test("At a second and more the engine's answer is taken")
    func engineFromASecond() throws {
        let bench = try Bench(.auto)
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000)
        let row = try #require(source.cells(at: reading + 1_000_000, interval: 1_000_000_000).container(web))
        #expect(row["source"] == "docker")
        #expect(row["cpu_us"] == "7000")
        // The engine has no such counter, and the cgroup's value would be from another instant.
        #expect(row["oom_kills"] == nil)
        #expect(row["sample_age_us"] == "1000")
    }

    @Test("Below a second the cgroup is read, but in docker mode the engine is asked all the same")
    func cgroupBelowASecond() throws {
        let auto = try Bench(.auto)
        var source = auto.source()
        _ = auto.answer(cpu: 7_000)
        #expect(try source.cells(interval: 200_000_000).container(web)?["source"] == "cgroup")

        let docker = try Bench(.docker)
        var other = docker.source()
        let reading = docker.answer(cpu: 7_000)
        #expect(try other.cells(at: reading, interval: 200_000_000).container(web)?["source"] == "docker")
    }

    @Test("An answer older than three intervals gives way to the cgroup, or in docker mode to empty cells")
    func oldAnswer() throws {
        let auto = try Bench(.auto)
        var source = auto.source()
        let reading = auto.answer(cpu: 7_000)
        #expect(try source.cells(at: reading + 3_000_000_000).container(web)?["source"] == "docker")
        #expect(try source.cells(at: reading + 3_000_000_001).container(web)?["source"] == "cgroup")

        let docker = try Bench(.docker)
        var other = docker.source()
        let answered = docker.answer(cpu: 7_000)
        let row = try #require(other.cells(at: answered + 4_000_000_000).container(web))
        #expect(row["source"] == nil)
        #expect(row["cpu_us"] == nil)
        #expect(row["sample_age_us"] == nil)
        #expect(row["container"] == "web")
    }

    @Test("The reader of an engine that doesn't count as the kernel does stays the same within a run, so that no counter jumps")
    func oneReader() throws {
        let bench = try Bench(.auto, countsAsKernel: false)
        var source = bench.source()
        let reading = bench.answer(cpu: 7_000)
        #expect(try source.cells(at: reading).container(web)?["source"] == "docker")
        let old = try #require(source.cells(at: reading + 4_000_000_000).container(web))
        #expect(old["source"] == nil && old["cpu_us"] == nil && old["container"] == "web")
        bench.index.setEngineAvailable(false, reason: "stopped")
        #expect(try source.cells().container(web)?["source"] == nil)
        #expect(try source.cells(run: "another").container(web)?["source"] == "cgroup")

        let other = try Bench(.auto, countsAsKernel: false)
        var late = other.source()
        #expect(try late.cells().container(web)?["source"] == "cgroup", "the engine has not answered yet")
        _ = other.answer(cpu: 7_000)
        #expect(try late.cells().container(web)?["source"] == "cgroup")
    }

    @Test("When the engine is gone the cgroup is read")
    func engineGone() throws {
        let bench = try Bench(.auto)
        var source = bench.source()
        _ = bench.answer(cpu: 7_000)
        bench.index.setEngineAvailable(false, reason: "stopped")
        let row = try #require(source.cells().container(web))
        #expect(row["source"] == "cgroup")
        #expect(row["container"] == "web")
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

        init(_ mode: ContainerMode, countsAsKernel: Bool = true) throws {
            self.mode = mode
            tree = try ContainerTree("cgroup-v1-cgroupfs")
            index.setEngineAvailable(true, countsAsKernel: countsAsKernel)
            index.publish([ContainerTree.info(ContainerTree.web, name: "web", pid: 4101)])
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
