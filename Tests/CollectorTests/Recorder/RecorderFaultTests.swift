import NIOCore
import ServiceLifecycle
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The recorder when something goes wrong") struct RecorderFaultTests {
    /// The files of a collector that was killed while it made a run: some of the run's files, and `.active`.
    private func interruptedStart(_ directory: ScratchDirectory, state: RunState = .armed) throws {
        let data = try DataDirectory(directory.path, state: directory.path)
        let order = RunOrder(id: "1", name: "r", intervalUs: 1_000_000, t0: 1_800_000_000_000_000, ticks: nil)
        var manifest = RunManifest(order: order, note: nil, collectorVersion: "", nodes: [])
        manifest.state = state
        try data.descriptor.makeDirectory("r")
        try data.noteActive(ActiveNote(run: RunPath("r"), clock: ManualClock().clock))
        _ = try RunDirectory(creating: data.descriptor.directory("r"), manifest: manifest, record: CommitRecord()) {
            () throws(DiskError) in try data.open(["r"])
        }
    }

    @Test("A run whose start was interrupted is removed, as no agent has heard of it")
    func interrupted() async throws {
        let directory = try ScratchDirectory()
        try interruptedStart(directory)
        try directory.descriptor().directory("r").remove(".commit")
        try await RecorderFixture(directory: directory).recorder.resume()
        #expect(directory.tree() == [".lock"])
    }

    @Test("A run that had begun is never removed, whatever is missing from it")
    func begun() async throws {
        let directory = try ScratchDirectory()
        try interruptedStart(directory, state: .recording)
        try directory.descriptor().directory("r").remove(".commit")
        let before = directory.tree()
        try await RecorderFixture(directory: directory).recorder.resume()
        #expect(directory.tree() == before.filter { $0 != ".active" })
    }

    @Test("A note of a run that was never made keeps nothing from starting")
    func neverMade() async throws {
        let fixture = try RecorderFixture()
        try fixture.recorder.data.noteActive(ActiveNote(run: RunPath("a/b"), clock: fixture.clock.clock))
        try await fixture.recorder.resume()
        #expect(fixture.directory.tree() == [".lock"])
    }

    @Test("A manifest whose grid can't be keeps nothing from starting", arguments: [0, -1, Int64.max])
    func impossibleGrid(_ interval: Int64) async throws {
        let directory = try ScratchDirectory()
        try interruptedStart(directory)
        var manifest = try RunManifest(decoding: directory.bytes("r/run.json"))
        manifest.intervalUs = interval
        try directory.write(manifest.encoded(), to: "r/run.json")
        let fixture = try RecorderFixture(directory: directory)
        try await fixture.recorder.resume()
        #expect(await fixture.recorder.isIdle)
        #expect(directory.tree().contains("r/host.csv"))
    }

    @Test("Counts and clocks in run.json and .commit that can't be keep nothing from starting")
    func impossibleCounts() async throws {
        let directory = try ScratchDirectory()
        try interruptedStart(directory, state: .recording)
        var manifest = try RunManifest(decoding: directory.bytes("r/run.json"))
        manifest.wallClock = [RunManifest.WallClockStep(tick: .max, aheadUs: .min)]
        try directory.write(manifest.encoded(), to: "r/run.json")
        var record = try #require(CommitCoder.fold(directory.bytes("r/.commit"))).record
        record.ticks["a"] = RunLedger.Account(nextTick: 1, present: .max, missing: ["away": .max])
        record.rows["host.csv"] = .max
        record.streams["agent-1"] = CommitRecord.Stream(node: "a", epoch: 1, seq: .max)
        try directory.write(record.line(), to: "r/.commit")
        do {
            let fixture = try RecorderFixture(directory: directory)
            try await fixture.recorder.resume()
            #expect(await !fixture.recorder.isIdle)
            let session = try await fixture.admit(.sample(epoch: 2))
            fixture.clock.advance(milliseconds: 9000)
            #expect(try await fixture.store(5, run: "1", seq: 1, session: session) == .stored)
            try await fixture.recorder.beat()
            #expect(await fixture.recorder.recorderReport().missingTicks["away"] == .max)
        }
        record.ticks["a"] = RunLedger.Account(nextTick: .max)
        try directory.write(record.line(), to: "r/.commit")
        let fixture = try RecorderFixture(directory: directory)
        #expect(fixture.recorder.data.lastTick(of: ActiveNote(decoding: Array("r".utf8))) == nil)
        try await fixture.recorder.resume()
        #expect(await fixture.recorder.isIdle)
        #expect(directory.tree().contains("r/host.csv"))
    }

    @Test("Counting more losses than 64 bits hold is no trap for the collector")
    func losses() async throws {
        let fixture = try RecorderFixture()
        for agent in ["one", "two"] {
            _ = try await fixture.admit(.sample(agent: agent, node: agent))
            _ = try await fixture.admit(.sample(agent: agent, node: agent, firstUnacked: .max, nextSeq: .max))
        }
        #expect(fixture.counters.all["lost_frame"] == .max)
    }

    @Test("A tick behind the last of a run with a duration is not stored")
    func beyondTheEnd() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        var options = StartOptions()
        options.duration = .seconds(2)
        let run = try await fixture.recorder.start(RunPath("r"), options: options)
        for tick in UInt64(0)..<4 { #expect(try await fixture.store(tick, run: run.id, seq: tick + 1, session: session) == .stored) }
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 4), agent: "agent-1", session: session)
        fixture.clock.advance(milliseconds: 4000)
        try await fixture.recorder.beat()
        try await fixture.recorder.beat()
        let manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(manifest.verdict == "complete: 2 of 2 ticks on 1 node" && manifest.nodes.first?.present == 2)
        #expect(fixture.counters.all == ["tick_after_the_end": 2])
    }

    @Test("A node that comes back under another name leaves no live values behind")
    func renamed() async throws {
        let fixture = try RecorderFixture()
        let old = try await fixture.admit(.sample(node: "old"))
        fixture.live.note(Ping(t1: 0, offset: 1, error: 1), node: "old")
        await fixture.recorder.leave("agent-1", session: old, reason: "test")
        _ = try await fixture.admit(.sample(epoch: 2, node: "new"))
        // The older session may still send something.
        fixture.live.note(Ping(t1: 0, offset: 1, error: 1), node: "old")
        #expect(Array(fixture.live.all.keys) == ["new"])
    }

    @Test("Whoever waits for a run to be closed is answered when the collector ends")
    func dismissed() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let stopping = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        try await fixture.recorder.shutDown()
        let failure = await #expect(throws: ControlFailure.self) { try await stopping.value }
        #expect(failure?.code == "ending")
        let late = await #expect(throws: ControlFailure.self) { try await fixture.recorder.stop() }
        #expect(late?.code == "ending")
        #expect(fixture.directory.tree().contains(".active"))
    }

    @Test("Whoever waits is answered, too, when the disk has failed, and the service ends with the reason")
    func failed() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let stopping = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        await fixture.recorder.fail(SyncFailure(cause: DiskError("sync", "host.csv", code: 5)))
        await #expect(throws: SyncFailure.self) { try await RecorderService(recorder: fixture.recorder).run() }
        await #expect(throws: ControlFailure.self) { try await stopping.value }
    }

    @Test("With a full disk a run is stopped at once and closed later, and the answer says so")
    func full() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let stopping = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        await fixture.recorder.block(DiskError("write", "host.csv", code: 28), at: fixture.clock.now)
        for stop in [stopping, Task { [recorder = fixture.recorder] in try await recorder.stop() }] {
            let failure = await #expect(throws: ControlFailure.self) { try await stop.value }
            #expect(failure?.code == "blocked")
        }
        for _ in 0..<2 {
            fixture.clock.advance(milliseconds: 12_000)
            try await fixture.recorder.beat()
        }
        #expect(await fixture.recorder.isIdle)
    }

    @Test("While a large run is summed up, the recorder serves agents, and the run takes in nothing more")
    func sealed() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let row = "[\"mark\",\"\(String(repeating: "x", count: 1 << 20))\"]"
        for tick in UInt64(0)..<8 {
            let rows = "{\"event\":[\(row),\(row),\(row),\(row)]}"
            #expect(try await fixture.store(tick, run: run.id, seq: tick + 1, session: session, rows: rows) == .stored)
        }
        fixture.clock.advance(milliseconds: 8000)
        try await fixture.recorder.beat()
        let stopping = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 8), agent: "agent-1", session: session)
        let beating = Task { [recorder = fixture.recorder] in try await recorder.beat() }
        try await eventually("a run that is summed up") { await fixture.recorder.isSealed }
        _ = try await fixture.admit(.sample(agent: "agent-2", node: "b"))
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session + 1, agent: "agent-2") == .stored)
        await fixture.recorder.leave("agent-1", session: session, reason: "test")
        await #expect(throws: ControlFailure.self) { try await fixture.recorder.mark("late") }
        try await beating.value
        let manifest = try await stopping.value
        #expect(fixture.counters.all == ["late_frame": 1])
        #expect(manifest.nodes.map(\.node) == ["a"] && manifest.state == .complete)
        let event = try #require(manifest.files["event.csv"])
        #expect(try UInt64(fixture.directory.bytes("r/event.csv").count) == event.bytes)
        #expect(event.rows == 33)
    }
}

extension Recorder {
    fileprivate var isSealed: Bool { active?.isSealed ?? true }
    fileprivate func fail(_ error: any Error) { failure = error }
}
