import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A run that is being stopped") struct StopBarrierTests {
    /// A run of one node that has delivered one of ten ticks, and is being stopped by hand.
    private struct Stopping {
        let fixture: RecorderFixture
        let run: String
        let session: UInt64
        let answer: Task<RunManifest, any Error>

        init() async throws {
            let fixture = try RecorderFixture()
            session = try await fixture.admit()
            run = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
            #expect(try await fixture.store(0, run: run, seq: 1, session: session) == .stored)
            fixture.clock.advance(milliseconds: 9800)
            try await fixture.recorder.beat()
            answer = Task { try await fixture.recorder.stop() }
            try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
            self.fixture = fixture
        }

        /// - Returns: whether the run is still being stopped then.
        func isWaiting(afterMilliseconds milliseconds: Int64) async throws -> Bool {
            fixture.clock.advance(milliseconds: milliseconds)
            try await fixture.recorder.beat()
            return await !fixture.recorder.isIdle
        }
    }

    @Test("A stop waits for a node that goes on delivering, however long that takes")
    func delivering() async throws {
        let stopping = try await Stopping()
        for tick in UInt64(1)..<10 {
            #expect(try await stopping.isWaiting(afterMilliseconds: 9000))
            #expect(try await stopping.fixture.store(tick, run: stopping.run, seq: tick + 1, session: stopping.session) == .stored)
        }
        await stopping.fixture.recorder.note(
            Fin(run: stopping.run, epoch: 1, seq: 10), agent: "agent-1", session: stopping.session)
        try await stopping.fixture.recorder.beat()
        #expect(try await stopping.answer.value.state == .complete)
    }

    @Test("A stop is not held up by a node that repeats itself, or sends what is not of the run")
    func repeating() async throws {
        let stopping = try await Stopping()
        #expect(try await stopping.isWaiting(afterMilliseconds: 9000))
        #expect(try await stopping.fixture.store(0, run: stopping.run, seq: 2, session: stopping.session) == .stored)
        #expect(try await stopping.fixture.store(5, run: "other", seq: 3, session: stopping.session) == .stored)
        #expect(try await stopping.fixture.store(50, run: stopping.run, seq: 4, session: stopping.session) == .tooEarly)
        #expect(try await !stopping.isWaiting(afterMilliseconds: 1500))
        #expect(try await stopping.answer.value.verdict == "incomplete: node a misses 9 of 10 ticks (9 away)")
    }

    @Test("A stop waits for a node that is between two connections")
    func reconnecting() async throws {
        let stopping = try await Stopping()
        await stopping.fixture.recorder.leave("agent-1", session: stopping.session, reason: "test")
        #expect(try await stopping.isWaiting(afterMilliseconds: 1000))
        let session = try await stopping.fixture.admit(.sample(epoch: 2))
        #expect(
            await stopping.fixture.store(
                .gap(Gap(run: stopping.run, epoch: 2, seq: 1, from: 1, to: 9, reason: .overrun)), session: session) == .stored)
        await stopping.fixture.recorder.note(Fin(run: stopping.run, epoch: 2, seq: 1), agent: "agent-1", session: session)
        try await stopping.fixture.recorder.beat()
        #expect(try await stopping.answer.value.verdict == "incomplete: node a misses 9 of 10 ticks (9 overrun)")
    }

    @Test("A stop does not wait for a node that was away when it was stopped by hand")
    func away() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        await fixture.recorder.leave("agent-1", session: session, reason: "test")
        fixture.clock.advance(milliseconds: 3000)
        let answer = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        try await fixture.recorder.beat()
        #expect(try await answer.value.state == .incomplete)
    }

    @Test("A stop gives its nodes ten seconds from when a full disk has room again")
    func healed() async throws {
        let stopping = try await Stopping()
        await stopping.fixture.recorder.block(DiskError("write", "host.csv", code: 28), at: stopping.fixture.clock.now)
        await #expect(throws: ControlFailure.self) { try await stopping.answer.value }
        #expect(try await stopping.isWaiting(afterMilliseconds: 60_000))
        #expect(try await stopping.isWaiting(afterMilliseconds: 9000))
        #expect(try await !stopping.isWaiting(afterMilliseconds: 2000))
    }

    @Test("A run that is being stopped takes in a node that comes only then, and has ticks of it")
    func latecomer() async throws {
        let stopping = try await Stopping()
        let session = try await stopping.fixture.admit(.sample(agent: "agent-2", node: "b"))
        #expect(try await stopping.fixture.store(0, run: stopping.run, seq: 1, session: session, agent: "agent-2") == .stored)
        #expect(try await !stopping.isWaiting(afterMilliseconds: 12_000))
        let manifest = try await stopping.answer.value
        #expect(manifest.nodes.map(\.node) == ["a", "b"] && manifest.nodes.last?.present == 1)
    }
}

extension Lane.Receipt {
    fileprivate static let tooEarly = Lane.Receipt.refused(
        Refusal(code: "tick_in_future", message: "refused tick 50: it is not due for more than ten seconds, by the collector's clock"))
}
