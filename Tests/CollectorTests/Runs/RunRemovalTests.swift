import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Removing a run") struct RunRemovalTests {
    /// A run.json of a run that is over, or in another state.
    static func manifest(_ name: String, state: RunState = .complete) throws -> [UInt8] {
        let order = RunOrder(id: "id-\(name)", name: name, intervalUs: 1_000_000, t0: 1_700_000_000_000_000, ticks: nil)
        var manifest = RunManifest(order: order, note: nil, collectorVersion: "1", nodes: [])
        manifest.state = state
        return try manifest.encoded()
    }

    private func refusal(_ data: DataDirectory, _ run: String) throws -> String {
        try #require(#expect(throws: ControlFailure.self) { try data.takeAway(RunPath(run)) }).code
    }

    @Test("All of it goes, subdirectories, odd names and links too; what links lead to, other runs and full parents stay")
    func everything() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(Self.manifest("a/b/run"), to: "data/a/b/run/run.json")
        try scratch.write("1", to: "data/a/b/run/host.csv")
        try scratch.write("2", to: "data/a/b/run/plots/deep/er/x.svg")
        try scratch.write("3", to: "data/a/b/run/.commit")
        try scratch.write("mine", to: "elsewhere/file")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path("data/a/b/run/link"), withDestinationPath: scratch.path("elsewhere"))
        let odd = [UInt8](scratch.path("data/a/b/run/").utf8) + [0xff, 0xfe, 0]
        let file = odd.withUnsafeBytes { open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644) }
        #expect(file >= 0 && close(file) == 0)
        try scratch.write(Self.manifest("a/other"), to: "data/a/other/run.json")

        let data = try DataDirectory(scratch.path("data"), state: scratch.path("state"))
        let run = try data.takeAway(RunPath("a/b/run"))
        #expect(run.name == "a/b/run" && (run.diskBytes ?? 0) > 0)
        #expect(try RunCatalogue.entries(data).map(\.listing.name) == ["a/other"], "it is gone at once")
        try data.clearRemoved()
        #expect(scratch.tree().filter { $0.hasPrefix("data/") } == ["data/a", "data/a/other", "data/a/other/run.json"])
        #expect(try scratch.text("elsewhere/file") == "mine")
    }

    @Test("What a collector that was killed has taken away and not yet removed is removed by the next one")
    func interrupted() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(Self.manifest("run"), to: "data/run/run.json")
        try scratch.write("1", to: "data/run/deep/file")
        _ = try DataDirectory(scratch.path("data"), state: scratch.path("state")).takeAway(RunPath("run"))
        #expect(scratch.tree().contains { $0.hasSuffix("/deep/file") })
        let next = try DataDirectory(scratch.path("data"), state: scratch.path("state"))
        try next.clearRemoved()
        #expect(scratch.tree().filter { $0.hasPrefix("data/") } == [])
        try next.clearRemoved()
    }

    @Test("What is no run, is pinned, or is being written by anybody stays as it is")
    func refused() throws {
        let scratch = try ScratchDirectory()
        try scratch.write("mine", to: "data/folder/file")
        try scratch.write(Self.manifest("pinned"), to: "data/pinned/run.json")
        try scratch.write(Self.manifest("recording", state: .recording), to: "data/recording/run.json")
        try scratch.write(Self.manifest("worked-on"), to: "data/worked-on/run.json")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("data/link"), withDestinationPath: scratch.path("data/worked-on"))
        let data = try DataDirectory(scratch.path("data"), state: scratch.path("state"))
        try data.pin(RunPath("pinned"), true)
        let writer = try Descriptor.directory(scratch.path("data/recording"))
        let worker = try Descriptor.directory(scratch.path("data/worked-on"))
        #expect(writer.lock() && worker.lock())
        let before = scratch.tree()
        for (run, code) in [
            ("folder", "not_found"), ("absent", "not_found"), ("link", "not_found"), ("folder/file", "not_found"), ("pinned", "pinned"),
            ("recording", "run_active"), ("worked-on", "busy"),
        ] {
            #expect(try refusal(data, run) == code, "\(run)")
        }
        #expect(scratch.tree() == before)
        // A run whose collector is gone for good says for ever that it is recording.
        writer.unlock()
        _ = try data.takeAway(RunPath("recording"))
        try data.pin(RunPath("pinned"), false)
        _ = try data.takeAway(RunPath("pinned"))
    }

    @Test("A pin is in the list of runs, survives, and can be set and taken back again and again")
    func pin() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(Self.manifest("run"), to: "data/run/run.json")
        func isPinned() throws -> Bool? {
            try RunCatalogue.entries(DataDirectory(scratch.path("data"), state: scratch.path("state"))).first?.listing.isPinned
        }
        #expect(try isPinned() == nil)
        for isPinned in [true, true, false, false, true] {
            try DataDirectory(scratch.path("data"), state: scratch.path("state")).pin(RunPath("run"), isPinned)
        }
        #expect(try isPinned() == true)
        let data = try DataDirectory(scratch.path("data"), state: scratch.path("state"))
        #expect(throws: ControlFailure.self) { try data.pin(RunPath("absent"), true) }
        // A file of that name that somebody made counts as well.
        try scratch.write(Self.manifest("two"), to: "data/two/run.json")
        try scratch.write("", to: "data/two/.pinned")
        #expect(try RunCatalogue.entries(data).allSatisfy { $0.listing.isPinned == true })
    }
}
