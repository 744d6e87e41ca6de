import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The wall clock of the collector's host") struct WallClockTests {
    private static let hour: Int64 = 3_600_000_000

    private func t0(_ run: String, _ fixture: RecorderFixture) throws -> Int64 {
        try RunManifest(decoding: fixture.directory.bytes(run + "/run.json")).t0Us
    }

    private func close(_ fixture: RecorderFixture, session: UInt64, run: String) async throws -> RunManifest {
        async let stopped = fixture.recorder.stop()
        try await eventually("a stop that waits") { await fixture.recorder.waiters == 1 }
        await fixture.recorder.note(Fin(run: run, epoch: 1, seq: 0), agent: "agent-1", session: session)
        try await fixture.recorder.beat()
        return try await stopped
    }

    @Test(
        "A run that is started after the wall clock was set has the right time, whether it was set forward or back",
        arguments: [hour, -hour, 5000])
    func between(_ step: Int64) async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let before = try await fixture.recorder.start(RunPath("before"), options: StartOptions())
        #expect((0...500_000).contains(try t0("before", fixture) - fixture.clock.now))
        _ = try await close(fixture, session: session, run: before.id)
        fixture.clock.setWall(aheadBy: step)
        _ = try await fixture.recorder.start(RunPath("after"), options: StartOptions())
        #expect((0...500_000).contains(try t0("after", fixture) - fixture.clock.now - step))
    }

    @Test("What waits for the disk is committed although the wall clock was set back by an hour after the disk was full")
    func retry() async throws {
        let fixture = try RecorderFixture()
        await fixture.recorder.delayCommits(until: fixture.clock.now + 1_000_000)
        fixture.clock.setWall(aheadBy: -Self.hour)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.retryAt <= fixture.clock.now - Self.hour)
    }

    @Test("A wall clock that is set during a run bends no tick; run.json, status and event.csv say from which tick on and by how much")
    func during() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let first = try t0("r", fixture)
        for tick in UInt64(0)..<3 { _ = try await fixture.store(tick, run: run.id, seq: tick + 1, session: session) }
        fixture.clock.set(first + 2_500_000)
        fixture.clock.setWall(aheadBy: 900_000)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.runReport()?.wallClockAheadUs == nil)
        fixture.clock.setWall(aheadBy: Self.hour)
        try await fixture.recorder.beat()
        fixture.clock.setWall(aheadBy: Self.hour + 400_000)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.runReport()?.wallClockAheadUs == Self.hour)
        fixture.clock.setWall(aheadBy: -2_500_000)
        try await fixture.recorder.beat()
        let manifest = try await close(fixture, session: session, run: run.id)
        #expect(
            manifest.wallClock == [
                RunManifest.WallClockStep(tick: 2, aheadUs: Self.hour), RunManifest.WallClockStep(tick: 2, aheadUs: -2_500_000),
            ])
        #expect(manifest.t0Us == first && manifest.state == .complete)
        #expect(manifest.remarks.first == "From tick 2 on the collector's wall clock is 3600.000 s ahead of the run's time.")
        #expect(manifest.remarks.last?.contains("2.500 s behind the run's time.") == true)
        #expect(manifest.said == manifest.remarks)
        let events = try #require(parseCSV(try fixture.directory.text("r/event.csv"))).filter { $0[3] == "wall clock set" }
        #expect(events.count == 2 && events[0][1] == "2" && events[0].contains(manifest.remarks[0]))
    }

    @Test(
        "Live values go on after the wall clock was set, forward or back, and what happened before is told for its ten minutes",
        arguments: [hour, -hour])
    func live(_ step: Int64) async throws {
        var columns = HubFixture.columns
        columns[.event] = FrameRows.Columns(["kind", "container_id", "container", "exit_code"])
        let fixture = HubFixture(["a", "b"], columns: columns)
        try await fixture.second(#"{"host":[[10,0]],"event":[["container die","c1","crashed",1]]}"#)
        await fixture.hub.beat()
        fixture.disconnect("b")
        var follower = try await Follower(fixture.hub)
        let crashed = try #require(follower.snapshot.containers.first { $0["name"] == .text("crashed") })
        #expect(crashed["failures_10m"] == .number(1))

        fixture.clock.setWall(aheadBy: step)
        #expect(fixture.collectorClock.follow() == step)
        #expect(fixture.report().nodes.map(\.lastTickAgeMs) == [0])
        try await fixture.second(#"{"host":[[20,0]]}"#)
        let update = try #require(try await follower.next())
        #expect(update.nodes.contains { $0["cpu_percent"] == .number(20) })
        #expect(update.gone.isEmpty && update.goneNodes.isEmpty)

        fixture.clock.advance(milliseconds: 600_000)
        try await fixture.second(#"{"host":[[30,0]]}"#)
        let last = try #require(try await follower.next())
        #expect(last.gone == [crashed["key"]] && last.goneNodes == [.text("b")])
    }

    @Test("A run whose wall clock is set without an end keeps the first steps and the last")
    func bounded() {
        var manifest = RunManifest(
            order: RunOrder(id: "r", name: "r", intervalUs: 1_000_000, t0: 0, ticks: nil), note: nil, collectorVersion: "1", nodes: [])
        for step in 0..<1000 { manifest.note(RunManifest.WallClockStep(tick: UInt64(step), aheadUs: Int64(step))) }
        #expect(manifest.wallClock?.count == 100)
        #expect(manifest.wallClock?.first?.tick == 0 && manifest.wallClock?.last?.tick == 999)
    }
}

extension Recorder {
    /// As after a full disk.
    fileprivate func delayCommits(until instant: Int64) { retryAt = instant }
}
