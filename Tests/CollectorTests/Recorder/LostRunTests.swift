import FoundationEssentials
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A run whose files are taken away while it is recorded") struct LostRunTests {
    enum Harm: String, CaseIterable, Sendable {
        case removed, moved, replaced, copied, uncommitted

        /// Whether the directory is there, with a manifest.
        var leavesDirectory: Bool { self != .removed && self != .moved }

        func happen(to directory: ScratchDirectory) throws {
            switch self {
            case .removed: try FileManager.default.removeItem(atPath: directory.path + "/deep/r")
            case .moved: try FileManager.default.moveItem(atPath: directory.path + "/deep", toPath: directory.path + "/elsewhere")
            case .replaced:
                // As an editor saves a file.
                try directory.write(Array("time\n".utf8), to: "deep/r/new")
                try FileManager.default.removeItem(atPath: directory.path + "/deep/r/host.csv")
                try FileManager.default.moveItem(atPath: directory.path + "/deep/r/new", toPath: directory.path + "/deep/r/host.csv")
            case .copied:
                // The same bytes in another file.
                let bytes = try directory.bytes("deep/r/host.csv")
                try FileManager.default.removeItem(atPath: directory.path + "/deep/r/host.csv")
                try directory.write(bytes, to: "deep/r/host.csv")
            case .uncommitted: try FileManager.default.removeItem(atPath: directory.path + "/deep/r/.commit")
            }
        }
    }

    private func acknowledged(_ fixture: RecorderFixture) async -> UInt64 {
        await fixture.orders().compactMap { if case .ack(let ack) = $0 { ack.seq } else { nil } }.max() ?? 0
    }

    @Test(
        "Nothing more of it is acknowledged, whether there are rows to commit or not; status says so, and its verdict names what happened",
        arguments: Harm.allCases)
    func taken(_ harm: Harm) async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("deep/r"), options: StartOptions())
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        try await fixture.recorder.beat()
        try harm.happen(to: fixture.directory)
        #expect(try await fixture.store(1, run: run.id, seq: 2, session: session) == .stored)
        fixture.clock.advance(milliseconds: 2000)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.isIdle)
        #expect(await acknowledged(fixture) == 1)
        #expect(await fixture.recorder.blockedReason?.contains("`deep/r`") == true)
        #expect(try fixture.recorder.data.activeRun() == nil)
        let manifest = try await fixture.recorder.stop()
        #expect(manifest.state == .incomplete)
        let gone = harm.leavesDirectory ? harm == .uncommitted ? ".commit" : "host.csv" : "its directory"
        let fault = harm == .replaced ? "is not what was written" : "was removed, moved or replaced while it was recorded"
        #expect(manifest.verdict?.contains("\(gone) \(fault)") == true, "\(manifest)")
        #expect(manifest.nodes[0].present == 1, "what was only in memory doesn't count")
        #expect(await fixture.recorder.blockedReason == nil)
        if harm.leavesDirectory {
            #expect(try RunManifest(decoding: fixture.directory.bytes("deep/r/run.json")) == manifest)
        }
        _ = try await fixture.recorder.start(RunPath("next"), options: StartOptions())
        #expect(try RunManifest(decoding: fixture.directory.bytes("next/run.json")).state == .armed)
    }

    @Test("One who waits for the end of such a run gets its verdict", arguments: [Harm.removed, .moved])
    func waiting(_ harm: Harm) async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("deep/r"), options: StartOptions())
        async let stop = fixture.recorder.stop()
        try await eventually("a stop that waits") { await fixture.recorder.waiters == 1 }
        try harm.happen(to: fixture.directory)
        try await fixture.recorder.beat()
        #expect(try await stop.verdict?.hasPrefix("incomplete: its directory was removed, moved or replaced") == true)
        await #expect(throws: ControlFailure.self) { try await fixture.recorder.stop() }
    }
}
