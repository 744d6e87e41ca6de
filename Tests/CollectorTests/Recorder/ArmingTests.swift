import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A run that is about to begin") struct ArmingTests {
    private let fixture: RecorderFixture

    init() throws { fixture = try RecorderFixture() }

    /// Lets an agent in that can be asked to get ready.
    private func admit(_ node: String) async throws -> (session: UInt64, orders: OrderLog) {
        let orders = OrderLog()
        let hello = Hello.sample(agent: "agent-\(node)", node: node, takes: ["prepare"])
        return (try await fixture.admit(hello, orders: orders).session, orders)
    }

    /// The id of the run for which agents get ready.
    private func armed() async throws -> String {
        try await eventually("a start that waits for agents") { await fixture.recorder.arming?.isOver != nil }
        return try #require(await fixture.recorder.arming?.run)
    }

    @Test("Tick 0 is set when all agents are ready, the further ahead the longer the slowest of them took")
    func ready() async throws {
        let (one, two) = (try await admit("one"), try await admit("two"))
        async let start = fixture.recorder.start(RunPath("r"), options: StartOptions())
        let id = try await armed()
        fixture.clock.advance(milliseconds: 50)
        await fixture.recorder.note(Ready(run: id), session: one.session)
        await fixture.recorder.note(Ready(run: "another"), session: two.session)
        #expect(await fixture.recorder.isIdle && !fixture.directory.tree().contains("r/run.json"))
        fixture.clock.advance(milliseconds: 1950)
        await fixture.recorder.note(Ready(run: id), session: two.session)
        let run = try await start
        #expect(run.id == id && run.notReady == nil)
        let t0 = try RunManifest(decoding: fixture.directory.bytes("r/run.json")).t0Us
        #expect((2_000_000...2_100_000).contains(t0 - fixture.clock.now))
        let kinds = one.orders.all.map { order in
            switch order {
            case .prepare(let prepare): "prepare \(prepare.run == id)"
            case .run(let order): "run \(order.id == id)"
            default: "other"
            }
        }
        #expect(kinds == ["other", "prepare true", "run true"])
    }

    @Test("An agent that isn't ready within ten seconds is named in the answer and in event.csv, and the run begins without it")
    func late() async throws {
        let (one, _) = (try await admit("one"), try await admit("two"))
        async let start = fixture.recorder.start(RunPath("r"), options: StartOptions())
        let id = try await armed()
        await fixture.recorder.note(Ready(run: id), session: one.session)
        fixture.clock.advance(milliseconds: 9_900)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.isIdle)
        fixture.clock.advance(milliseconds: 200)
        try await fixture.recorder.beat()
        #expect(try await start.notReady == ["two"])
        try await fixture.recorder.beat()
        #expect(try fixture.directory.text("r/event.csv").contains(",two,agent not ready,"))
    }

    @Test("An agent that goes away is not waited for, and one that can't be asked never was")
    func gone() async throws {
        _ = try await fixture.admit()
        let one = try await admit("one")
        async let start = fixture.recorder.start(RunPath("r"), options: StartOptions())
        _ = try await armed()
        await fixture.recorder.leave("agent-one", session: one.session, reason: "test")
        let run = try await start
        #expect(run.notReady == nil)
        #expect(try RunManifest(decoding: fixture.directory.bytes("r/run.json")).nodes.map(\.node) == ["a"])
    }

    @Test("While one run is about to begin, another start is refused, and a collector that ends begins none")
    func refused() async throws {
        _ = try await admit("one")
        async let start = fixture.recorder.start(RunPath("r"), options: StartOptions())
        _ = try await armed()
        let failure = await #expect(throws: ControlFailure.self) {
            try await fixture.recorder.start(RunPath("other"), options: StartOptions())
        }
        #expect(failure?.code == "run_active" && failure?.message.contains("`r`") == true)
        try await fixture.recorder.shutDown()
        do {
            let run = try await start
            Issue.record("the run \(run.name) began")
        } catch {
            #expect((error as? ControlFailure)?.code == "ending")
        }
        #expect(!fixture.directory.tree().contains("r/run.json"))
    }
}
