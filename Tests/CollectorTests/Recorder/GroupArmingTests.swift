import StatsCore
import TestSupport
import Testing

@testable import Collector

/// One of several collectors that are to begin a run together.
@Suite("A run that waits for other collectors") struct GroupArmingTests {
    private let fixture: RecorderFixture
    private let session: UInt64

    init() async throws {
        fixture = try RecorderFixture()
        session = try await fixture.admit()
    }

    private func hold(_ name: String = "r", group: String = "g1") async throws -> HeldReport {
        try await fixture.recorder.hold(RunPath(name), options: StartOptions(), group: group)
    }

    /// The group of this collector and of one whose clock is 250 µs ahead.
    private func group(_ id: String = "g1", in ahead: Int64 = 1_000_000) -> RecordingGroup {
        let t0 = fixture.clock.now + ahead
        return RecordingGroup(
            id: id, place: 0,
            collectors: [
                RecordingGroup.Member(collector: "c1:9880", t0Us: t0, clockAheadUs: 0, clockErrorUs: 40),
                RecordingGroup.Member(collector: "c2:9880", t0Us: t0 + 250, clockAheadUs: 250, clockErrorUs: 60),
            ])
    }

    private var orders: [String] {
        get async {
            await fixture.orders().compactMap { order in
                switch order {
                case .run: "run"
                case .stop: "stop"
                default: nil
                }
            }
        }
    }

    @Test(
        "Its files are made and no agent knows it; when it begins, tick 0 is where all were told, and run.json names all collectors with their clocks"
    )
    func begins() async throws {
        let held = try await hold()
        #expect(held.nodes == ["a"] && held.leadUs >= 300_000)
        #expect(try RunManifest(decoding: fixture.directory.bytes("r/run.json")).isHeld == true)
        #expect(await fixture.recorder.isIdle)
        #expect(await orders.isEmpty)
        let group = group()
        let run = try await fixture.recorder.begin(group)
        #expect(run.id == held.run && run.group == group && run.t0 == Timestamp.string(group.collectors[0].t0Us))
        #expect(await orders == ["run"])
        let manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(manifest.group == group && manifest.t0Us == group.collectors[0].t0Us && manifest.isHeld == nil)
        #expect(manifest.nodes.map(\.node) == ["a"] && manifest.remarks.contains { $0.contains("c2:9880") })
        // Whoever heard no answer asks again.
        #expect(try await fixture.recorder.begin(group).id == run.id)
        #expect(await orders == ["run"])
    }

    @Test("Meanwhile another start is refused, and the collector's clock doesn't follow the wall clock, by which tick 0 would be elsewhere")
    func waits() async throws {
        _ = try await hold()
        for group in [nil, "g2"] {
            let failure = await #expect(throws: ControlFailure.self) {
                if let group {
                    _ = try await hold("other", group: group)
                } else {
                    _ = try await fixture.recorder.start(RunPath("other"), options: StartOptions())
                }
            }
            #expect(failure?.code == "run_active" && failure?.message.contains("`r`") == true)
        }
        let before = fixture.recorder.clock.now()
        fixture.clock.setWall(aheadBy: 3_600_000_000)
        try await fixture.recorder.beat()
        #expect(fixture.recorder.clock.now() == before)
        _ = try await fixture.recorder.disarm("g1")
        try await fixture.recorder.beat()
        #expect(fixture.recorder.clock.now() != before)
    }

    @Test(
        "Nothing is left of it when it is disarmed, when nobody comes to begin it, and when its collector ends or is started again",
        arguments: 0..<4)
    func leavesNothing(_ way: Int) async throws {
        let before = fixture.directory.tree()
        _ = try await hold("deep/er/r")
        #expect(fixture.directory.tree().contains("deep/er/r/run.json"))
        switch way {
        case 0: #expect(try await fixture.recorder.disarm("g1").disarmed)
        case 1:
            fixture.clock.advance(milliseconds: 29_000)
            try await fixture.recorder.beat()
            #expect(fixture.directory.tree().contains("deep/er/r/run.json"))
            fixture.clock.advance(milliseconds: 1_100)
            try await fixture.recorder.beat()
        case 2: try await fixture.recorder.shutDown()
        default:
            // As after SIGKILL: its files are there, and whoever opens the directory next knows nothing else.
            let copy = try ScratchDirectory()
            for file in fixture.directory.tree() { if let bytes = try? fixture.directory.bytes(file) { try copy.write(bytes, to: file) } }
            let next = try RecorderFixture(directory: copy)
            try await next.recorder.resume()
            #expect(await next.recorder.isIdle)
            #expect(copy.tree().allSatisfy { !$0.contains("run.json") && $0 != ".active" }, "\(copy.tree())")
            return
        }
        #expect(fixture.directory.tree() == before)
        let failure = await #expect(throws: ControlFailure.self) { try await fixture.recorder.begin(group()) }
        #expect(failure?.code == "not_held")
        #expect(await orders.isEmpty)
    }

    @Test(
        "One that is disarmed while its agents still get ready is refused at once, so that another can begin, and so is an order to hold it that comes later"
    )
    func disarmedEarly() async throws {
        let before = fixture.directory.tree()
        let hello = Hello.sample(agent: "agent-2", node: "b", takes: ["prepare"])
        let second = try await fixture.admit(hello, orders: OrderLog()).session
        async let held = hold()
        try await eventually("a start that waits for agents") { await fixture.recorder.arming?.isOver != nil }
        // That of another group doesn't end it.
        #expect(try await !fixture.recorder.disarm("g2").disarmed)
        #expect(await fixture.recorder.arming?.isOver != nil)
        #expect(try await fixture.recorder.disarm("g1").disarmed)
        do {
            _ = try await held
            Issue.record("it waits")
        } catch {
            #expect((error as? ControlFailure)?.code == "not_held")
        }
        await fixture.recorder.leave("agent-2", session: second, reason: "test")
        for group in ["g1", "g2"] {
            let late = await #expect(throws: ControlFailure.self) { try await hold(group: group) }
            #expect(late?.code == "not_held")
        }
        #expect(fixture.directory.tree() == before)
        _ = try await hold(group: "g3")
    }

    @Test("One that was told too late takes the run away and says so")
    func late() async throws {
        let before = fixture.directory.tree()
        _ = try await hold()
        let failure = await #expect(throws: ControlFailure.self) { try await fixture.recorder.begin(group(in: -1)) }
        #expect(failure?.code == "too_late" && fixture.directory.tree() == before)
    }

    @Test(
        "A run that has just begun is taken away with what it has, and its agents stop, when another collector couldn't begin; one that has long begun is not"
    )
    func undone() async throws {
        let before = fixture.directory.tree()
        _ = try await hold()
        let run = try await fixture.recorder.begin(group())
        #expect(try await !fixture.recorder.disarm("g2").disarmed)
        fixture.clock.advance(milliseconds: 1500)
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        #expect(try await fixture.recorder.disarm("g1").disarmed)
        #expect(await fixture.recorder.isIdle)
        #expect(fixture.directory.tree() == before)
        #expect(await orders == ["run", "stop"])

        _ = try await hold("s", group: "g3")
        _ = try await fixture.recorder.begin(group("g3"))
        fixture.clock.advance(milliseconds: 60_000)
        let failure = await #expect(throws: ControlFailure.self) { try await fixture.recorder.disarm("g3") }
        #expect(failure?.code == "run_active" && fixture.directory.tree().contains("s/run.json"))
    }

    @Test("An agent that connects while the run waits takes part in it from its first tick")
    func newcomer() async throws {
        _ = try await hold()
        let (orders, hello) = (OrderLog(), Hello.sample(agent: "agent-2", node: "b"))
        let second = try await fixture.admit(hello, orders: orders).session
        guard case .welcome(let welcome) = orders.all.first else { return #expect(Bool(false), "no welcome") }
        #expect(welcome.run == nil)
        let run = try await fixture.recorder.begin(group())
        #expect(orders.all.contains { if case .run(let order) = $0 { order.id == run.id } else { false } })
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: second, agent: "agent-2") == .stored)
        try await fixture.recorder.beat()
        #expect(try fixture.directory.text("r/host.csv").contains(",0,b,"))
        let record = try #require(CommitCoder.fold(try fixture.directory.bytes("r/.commit"))?.record)
        #expect(record.nodes["b"] != nil && record.ticks["b"]?.present == 1)
    }

    @Test("All parts stop at one tick, also one that is about to come, and a mark stands at the tick that another collector says")
    func stops() async throws {
        _ = try await hold()
        let run = try await fixture.recorder.begin(group())
        fixture.clock.advance(milliseconds: 3950)
        for tick in UInt64(0)..<3 { _ = try await fixture.store(tick, run: run.id, seq: tick + 1, session: session) }
        #expect(try await fixture.recorder.mark("on", at: 1) == 1)
        #expect(try fixture.directory.text("r/event.csv").contains(",1,,mark,"))
        for bad in [UInt64(1_000)] {
            await #expect(throws: ControlFailure.self) { try await fixture.recorder.mark("off", at: bad) }
            await #expect(throws: ControlFailure.self) { try await fixture.recorder.stop(at: bad) }
        }
        let clock = RecordingGroup.Clock(aheadUs: 0, errorUs: 70)
        async let stop = fixture.recorder.stop(at: 3, clock: clock)
        try await eventually("a stop that waits") { await fixture.recorder.waiters == 1 }
        #expect(await fixture.orders().contains(.stop(StopOrder(run: run.id, lastTick: 3))))
        fixture.clock.advance(milliseconds: 60)
        #expect(try await fixture.store(3, run: run.id, seq: 4, session: session) == .stored)
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 4), agent: "agent-1", session: session)
        try await fixture.recorder.beat()
        let manifest = try await stop
        #expect(manifest.lastTick == 3 && manifest.verdict == "complete: 4 of 4 ticks on 1 node")
        #expect(manifest.group?.clockAtEnd == clock && manifest.group?.drift == 0)
    }
}
