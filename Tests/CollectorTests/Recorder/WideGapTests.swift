import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A gap in place of frames that had numbers") struct WideGapTests {
    private func gap(_ run: String, frames: ClosedRange<UInt64>, ticks: ClosedRange<UInt64>) -> Incoming {
        .gap(
            Gap(
                run: run, epoch: 1, seq: frames.upperBound, firstSeq: frames.lowerBound, from: ticks.lowerBound, to: ticks.upperBound,
                reason: .spoolFull))
    }

    @Test("A gap in place of frames is taken in when it covers the next one, books what nobody has booked, and is acknowledged whole")
    func partly() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
        fixture.clock.advance(milliseconds: 20_000)
        for tick in UInt64(0)..<3 { _ = try await fixture.store(tick, run: run, seq: tick + 1, session: session) }
        let recorder = fixture.recorder
        let ahead = gap(run, frames: 5...9, ticks: 4...8)
        #expect(await fixture.store(ahead, session: session) == .replaced)
        let covering = gap(run, frames: 1...9, ticks: 0...8)
        #expect(await fixture.store(covering, session: session) == .stored)
        #expect(try await fixture.store(9, run: run, seq: 10, session: session) == .stored)
        try await recorder.beat()
        let gaps = try #require(parseCSV(try fixture.directory.text("r/gaps.csv")))
        #expect(gaps.dropFirst().map { $0[1...].joined(separator: " ") } == ["a 3 8 6 spool_full"])
        #expect(await recorder.nodeReports().first?.missing == ["spool_full": 6])
        let acks = await fixture.orders().filter { if case .ack = $0 { true } else { false } }
        #expect(acks.last == .ack(Ack(epoch: 1, seq: 10)))
    }

    @Test("A gap of a run that is over is acknowledged, though none of its ticks is booked")
    func late() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let stored = await fixture.store(gap("old", frames: 1...500, ticks: 0...499), session: session)
        try await fixture.recorder.beat()
        #expect(stored == .stored)
        #expect(await fixture.recorder.streams["agent-1"]?.durable == 500)
    }
}
