import NIOCore
import NIOPosix
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The board of stats") struct StatsBoardTests {
    private func reading(wall: Int64 = Clocks.wall()) -> StatsBoard.Answer {
        .reading(EngineReading(counters: ContainerCounters(), wall: wall, monotonic: 0))
    }

    @Test("A container whose request hangs is not asked again, and is once it has been answered")
    func hanging() {
        let board = StatsBoard()
        board.request(ids: ["a", "b"])
        #expect(board.takeDue() == ["a", "b"])
        board.answer("a", reading())
        board.request(ids: ["a", "b"])
        #expect(board.takeDue() == ["a"])
        board.answer("b", .failed)
        board.answer("a", reading())
        #expect(board.failures == 1)
        board.request(ids: ["a", "b"])
        #expect(board.takeDue() == ["a", "b"])
    }

    @Test("A request that nobody has taken when the next round begins is in that round")
    func notTaken() {
        let board = StatsBoard()
        board.request(ids: ["a", "gone"])
        board.request(ids: ["b", "a"])
        #expect(board.takeDue() == ["b", "a"])
        board.request(ids: ["a", "b"])
        #expect(board.takeDue().isEmpty)
    }

    @Test("The wait ends when all of a round are answered, without one that hangs from an earlier round")
    func wait() {
        let board = StatsBoard()
        board.request(ids: ["bad"])
        #expect(board.takeDue() == ["bad"])
        // The deadline has passed, so that it hangs from now on.
        board.waitUntilAnswered(deadline: Clocks.monotonic())
        board.request(ids: ["bad", "good"])
        board.answer("good", reading())
        let far = Clocks.monotonic() + 3_600_000_000_000
        board.waitUntilAnswered(deadline: far)
        #expect(board.reading(for: "good") != nil)
        #expect(board.reading(for: "bad") == nil)
    }

    @Test("An answer that comes from another thread wakes the one who waits")
    func wakes() {
        let board = StatsBoard()
        board.request(ids: ["a"])
        // A thread instead of a task: all threads of the pool may be blocked like this one.
        let answer = reading()
        PlainThread.startNeeded(name: "answers") { board.answer("a", answer) }
        board.waitUntilAnswered(deadline: Clocks.monotonic() + 3_600_000_000_000)
        #expect(board.reading(for: "a") != nil)
    }

    @Test("A late answer stays for the next tick, and what is no longer asked for is forgotten")
    func keepsAndForgets() {
        let board = StatsBoard()
        board.request(ids: ["a", "b"])
        board.request(ids: ["a", "b"])
        board.answer("a", reading())
        board.answer("b", reading())
        #expect(board.reading(for: "a") != nil)
        board.request(ids: ["b"])
        #expect(board.reading(for: "a") == nil)
        #expect(board.reading(for: "b") != nil)
    }

    @Test("A container that has stopped has no reading any more")
    func stopped() {
        let board = StatsBoard()
        board.request(ids: ["a"])
        board.answer("a", reading())
        board.request(ids: ["a"])
        board.answer("a", .notRunning)
        #expect(board.reading(for: "a") == nil)
    }

    @Test("The instant of a reading lies between question and answer, whatever the wall clock did")
    func instant() throws {
        let board = StatsBoard()
        for wall in [0, Int64.max, Clocks.wall()] {
            let before = Clocks.monotonic()
            board.request(ids: ["a"])
            board.answer("a", reading(wall: wall))
            let monotonic = try #require(board.reading(for: "a")).monotonic
            #expect((before...Clocks.monotonic()).contains(monotonic))
        }
    }

    @Test("A reading that the engine gives twice keeps its instant, although wall clock and monotonic clock don't move in step")
    func sameReading() throws {
        let board = StatsBoard()
        let wall = Clocks.wall()
        board.request(ids: ["a"])
        board.answer("a", reading(wall: wall))
        let first = try #require(board.reading(for: "a")).monotonic
        for later in [wall, wall + 1] {
            board.request(ids: ["a"])
            board.answer("a", reading(wall: later))
            #expect((board.reading(for: "a")?.monotonic == first) == (later == wall))
        }
    }

    @Test("One container that hangs and one that fails keep no other from being read")
    func poller() async throws {
        let stats = try EngineFixture.text("stats-v1.json")
        let engine = try await ScriptedEngine { target, _ in
            if target == "/version" { return [ScriptedEngine.ok(#"{"Version":"20.10","ApiVersion":"1.41"}"#)] }
            if target.contains("hangs") { return [] }
            if target.contains("fails") { return [ScriptedEngine.status(500, #"{"message":"no"}"#)] }
            return [ScriptedEngine.ok(stats)]
        }
        let client = EngineClient(socket: engine.path, group: MultiThreadedEventLoopGroup.singleton, connections: 8)
        let board = StatsBoard()
        let poller = Task { try await StatsPoller(board: board, api: EngineAPI(client: client), limit: .minutes(9)).run() }
        let ids = ["hangs", "fails"] + (0..<20).map { "good\($0)" }
        for _ in 0..<3 {
            board.request(ids: ids)
            try await eventually("all answers but one") {
                ids.allSatisfy { $0 == "hangs" || $0 == "fails" || board.reading(for: $0) != nil } && board.failures > 0
            }
        }
        #expect(board.reading(for: "hangs") == nil)
        #expect(engine.targets.filter { $0.contains("hangs") }.count == 1)
        poller.cancel()
        _ = try? await poller.value
        try await engine.stop()
    }
}
