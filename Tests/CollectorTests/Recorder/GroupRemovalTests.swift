import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Collector

/// A run that has begun and is taken back, as another collector couldn't begin it. Its collector may die in the middle of that.
@Suite("A run of several collectors that is taken back") struct GroupRemovalTests {
    private let fixture: RecorderFixture

    init() async throws {
        fixture = try RecorderFixture()
        let session = try await fixture.admit()
        _ = try await fixture.recorder.hold(RunPath("r"), options: StartOptions(), group: "g1")
        let member = RecordingGroup.Member(collector: "c1:9880", t0Us: fixture.clock.now + 1_000_000, clockAheadUs: 0, clockErrorUs: 40)
        let run = try await fixture.recorder.begin(RecordingGroup(id: "g1", place: 0, collectors: [member]))
        fixture.clock.advance(milliseconds: 2500)
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        try await fixture.recorder.beat()
    }

    /// As after SIGKILL: another collector opens a copy of the directory.
    /// - Parameter change: what had happened to the run's files.
    private func next(_ change: (ScratchDirectory) throws -> Void) async throws -> (collector: RecorderFixture, directory: ScratchDirectory)
    {
        let copy = try ScratchDirectory()
        for file in fixture.directory.tree() { if let bytes = try? fixture.directory.bytes(file) { try copy.write(bytes, to: file) } }
        try change(copy)
        let next = try RecorderFixture(directory: copy)
        try await next.recorder.resume()
        return (next, copy)
    }

    @Test("A collector that dies before it has said so on the disk goes on with the whole run")
    func before() async throws {
        let (next, directory) = try await next { _ in }
        #expect(await !next.recorder.isIdle)
        #expect(try directory.text("r/host.csv").contains(",0,a,"))
        let manifest = try RunManifest(decoding: directory.bytes("r/run.json"))
        #expect(manifest.state == .recording && manifest.group?.id == "g1" && manifest.isHeld == nil)
    }

    @Test(
        "A collector that dies after that leaves nothing, whichever of the files it had removed",
        arguments: [
            [], [".commit"], [".commit", "host.csv"], [".commit"] + RunFiles.published.filter { $0 != "run.json" },
            [".commit", "run.json"],
        ])
    func after(gone: [String]) async throws {
        var manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        manifest.isHeld = true
        let bytes = try manifest.encoded()
        let (next, directory) = try await next { copy in
            try copy.write(bytes, to: "r/run.json")
            for file in gone { try FileManager.default.removeItem(atPath: copy.path("r/\(file)")) }
        }
        #expect(await next.recorder.isIdle)
        #expect(directory.tree().allSatisfy { !$0.hasPrefix("r") && $0 != ".active" }, "\(directory.tree())")
        _ = try await next.admit()
        _ = try await next.recorder.start(RunPath("r"), options: StartOptions())
    }

    @Test("A disk that takes nothing more keeps the run: it goes on, and the answer says how to end it")
    func refused() async throws {
        try fixture.directory.write([], to: "r/run.json.new/in the way")
        let failure = await #expect(throws: ControlFailure.self) { try await fixture.recorder.disarm("g1") }
        #expect(failure?.code == "unwritable" && failure?.message.contains("Stop it") == true)
        #expect(try await fixture.recorder.mark("still there") == 1)
    }
}
