import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The collector's clock over a restart") struct CollectorClockTests {
    private func note(boot: String?, anchor: Int64?) -> ActiveNote {
        var note = ActiveNote(decoding: Array("r".utf8))
        note.bootID = boot
        note.anchorUs = anchor
        return note
    }

    @Test("On the same boot the clock of the run in progress goes on, wherever the wall clock was set meanwhile")
    func sameBoot() {
        let hours: Int64 = 7 * 3600 * 1_000_000
        let before = CollectorClock.anchored()
        let shifted = before.anchor - hours
        let clock = CollectorClock.continuing(note(boot: "b1", anchor: shifted), boot: "b1") { _ in nil }
        #expect(clock.anchor == shifted)
        let (first, shown, last) = (before.now(), clock.now(), before.now())
        #expect((first - hours...last - hours).contains(shown))
    }

    @Test("After a reboot time begins with the wall clock, but never before the run's last tick")
    func reboot() {
        let wall = Clocks.wall() / 1000
        let later = wall + 3_600_000_000
        #expect(CollectorClock.continuing(note(boot: "b1", anchor: 5), boot: "b2") { _ in later }.now() >= later)
        let normal = CollectorClock.continuing(note(boot: "b1", anchor: 5), boot: "b2") { _ in wall - 3_600_000_000 }.now()
        // Nearer to the wall clock, which may be set meanwhile, than to the last tick an hour before it.
        #expect(normal > wall - 1_800_000_000 && normal < later)
        #expect(CollectorClock.continuing(note(boot: nil, anchor: 5), boot: nil) { _ in later }.now() >= later)
        #expect(CollectorClock.continuing(note(boot: "b1", anchor: -5), boot: "b1") { _ in later }.now() >= later)
        #expect(CollectorClock.continuing(nil, boot: "b1") { _ in later }.now() < later)
    }

    @Test("The note of a run in progress is read as it was written, and so is one of version 0.1.0", arguments: ["deep/r", "{x}", "ä b"])
    func notes(_ name: String) throws {
        let note = ActiveNote(run: try RunPath(name), clock: .anchored())
        #expect(note.bootID != nil && note.anchorUs != nil)
        #expect(ActiveNote(decoding: try note.encoded()) == note)
        let old = ActiveNote(decoding: Array(name.utf8))
        #expect(old.run == name && old.bootID == nil && old.anchorUs == nil)
    }

    @Test("A run that is gone on with is noted with this boot's clock, and its last tick can be told")
    func renewed() async throws {
        let directory = try ScratchDirectory()
        let clock = ManualClock()
        var t0: Int64 = 0
        do {
            let fixture = try RecorderFixture(directory: directory, clock: clock)
            let session = try await fixture.admit()
            let id = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
            for tick in UInt64(0)..<4 { _ = try await fixture.store(tick, run: id, seq: tick + 1, session: session) }
            try await fixture.recorder.beat()
            t0 = try RunManifest(decoding: directory.bytes("r/run.json")).t0Us
        }
        try directory.write(Array("r".utf8), to: ".active")
        let fixture = try RecorderFixture(directory: directory, clock: clock)
        let old = try #require(try fixture.recorder.data.activeRun())
        #expect(fixture.recorder.data.lastTick(of: old) == t0 + 3_000_000)
        try await fixture.recorder.resume()
        #expect(try fixture.recorder.data.activeRun()?.bootID == ActiveNote.thisBoot)
        #expect(await !fixture.recorder.isIdle)
    }
}
