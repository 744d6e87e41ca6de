import NIOCore
import StatsCore
import Testing

@testable import Collector

@Suite("What peers can make the collector keep") struct BoundsTests {
    @Test("While the disk is full, agents that come and go and marks take no more than the room that there is")
    func events() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        try await fixture.recorder.beat()
        await fixture.recorder.block(DiskError("write", "event.csv", code: 28), at: fixture.clock.now)
        let full = await fixture.recorder.fillBuffer()
        for index in 0..<20 {
            let other = try await fixture.admit(.sample(agent: "agent-\(index + 2)", node: "b\(index)"))
            await fixture.recorder.leave("agent-\(index + 2)", session: other, reason: "test")
        }
        let refusal = await #expect(throws: ControlFailure.self) { try await fixture.recorder.mark("m") }
        #expect(refusal?.code == "blocked")
        #expect(await fixture.recorder.pendingBytes == full)
        #expect(fixture.counters.all["event_dropped"] == 40)
        await fixture.recorder.emptyBuffer()
        fixture.clock.advance(milliseconds: 2000)
        try await fixture.recorder.beat()
        _ = try await fixture.recorder.mark("m")
    }

    @Test("A run takes in ten thousand nodes; the next is let in, but not into the run")
    func nodes() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        await fixture.recorder.fill(upTo: ActiveRun.nodeLimit)
        let session = try await fixture.admit(.sample(agent: "late", node: "late"))
        #expect(fixture.counters.all == ["too_many_nodes": 1])
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session, agent: "late") == .stored)
        #expect(fixture.counters.all == ["too_many_nodes": 2])
        #expect(await fixture.recorder.nodeCount == ActiveRun.nodeLimit)
        _ = try await fixture.admit(.sample(agent: "known", node: "n5"))
        #expect(fixture.counters.all == ["too_many_nodes": 2])
    }

    @Test("The topology of very many cores isn't kept, and a node that tells less the next time leaves room for others'")
    func cores() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let count = CPUTopology.most
        let numbers = "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
        let json =
            #"{"cpu":\#(numbers),"core":\#(numbers),"package":\#(numbers),"numa_node":\#(numbers),"siblings":\#(numbers.replacing("1", with: "null"))}"#
        let topology: CPUTopology = try JSONCoding.decode(from: Array(json.utf8))
        #expect(topology.isSound)
        func join(_ index: Int, _ topology: CPUTopology?) async {
            var hello = Hello.sample(agent: "a\(index)", node: "n\(index)")
            hello.topology = topology
            await fixture.recorder.join(hello)
        }
        let most = ActiveRun.coreLimit / count
        for index in 0...most { await join(index, topology) }
        #expect(await fixture.recorder.knownCores == ActiveRun.coreLimit)
        await join(most, topology)
        #expect(await fixture.recorder.knownCores == ActiveRun.coreLimit)
        await join(0, nil)
        #expect(await fixture.recorder.knownCores == ActiveRun.coreLimit - count)
        await join(most, topology)
        #expect(await fixture.recorder.knownCores == ActiveRun.coreLimit)
    }

    @Test("Live container rows of all nodes together have a bound")
    func liveRows() throws {
        // No time passes: shares are computed by the clock.
        let live = NewestTicks(costLimit: 4 << 20, clock: ManualClock().clock, counters: RefusalCounters())
        let row = "[\"\(String(repeating: "c", count: 1000))\"]"
        let rows = repeatElement(row, count: 100).joined(separator: ",")
        let frame = ByteBuffer(bytes: Frames.tick(0, run: "", seq: 0, rows: "{\"container\":[\(rows)]}"))
        let tick = try TickFrame(frame.readableBytesSpan)
        let columns = [TableID.container: FrameRows.Columns(["container_id"])]
        for index in 0..<40 {
            live.add("n\(index)")
            live.note(tick, frame: frame.readableBytesSpan, node: "n\(index)", columns: columns, received: 1)
        }
        let kept = { live.all.values.reduce(0) { $0 + $1.rows.cost } }
        #expect(kept() > 3 << 20 && kept() <= 4 << 20)
        #expect(live.all.values.allSatisfy { $0.containers == 100 })
        for index in 0..<40 { live.remove("n\(index)") }
        live.add("n40")
        live.note(tick, frame: frame.readableBytesSpan, node: "n40", columns: columns, received: 1)
        #expect(live["n40"]?.rows.count(of: .container) == 100 && live.leftOut(of: .container) == 0)
    }
}

extension Recorder {
    fileprivate var pendingBytes: Int { active?.directory.pendingBytes ?? 0 }

    /// Fills the buffer up to its limit.
    /// - Returns: how many bytes wait then.
    fileprivate func fillBuffer() -> Int {
        let filler = [UInt8](repeating: UInt8(ascii: "x"), count: Self.bufferBytes)
        active?.directory.files[TableID.event.rawValue].buffer.append(filler.span.bytes)
        return pendingBytes
    }

    fileprivate func emptyBuffer() { active?.directory.files[TableID.event.rawValue].buffer.removeAll() }

    fileprivate var knownCores: Int { active?.manifest.nodes.reduce(0) { $0 + ($1.topology?.cpu.count ?? 0) } ?? 0 }

    fileprivate func join(_ hello: Hello) { active?.join(hello) }

    fileprivate var nodeCount: Int { active?.ledger.accounts.count ?? 0 }

    /// Adds nodes to the run until there are this many.
    fileprivate func fill(upTo count: Int) {
        for index in 1..<count { active?.join(.sample(agent: "a\(index)", node: "n\(index)")) }
    }
}
