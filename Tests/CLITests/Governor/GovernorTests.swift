import FoundationEssentials
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("sonde governor") struct GovernorTests {
    private static let example = Checkout.path + "/deploy/examples/governor/policy.yaml"

    /// A run of 90 seconds with the containers of the example: each `high` uses more memory than the one before, each `low` more CPU.
    private func withRun(_ body: (FilePath) throws -> Void) async throws {
        var run = try VerifyRunBuilder()
        let tables = [
            "container": ["container_id", "container", "image", "sample_age_us", "state", "cpu_percent", "memory_usage_bytes"],
            "process": ["container_id", "rss_bytes", "vsz_bytes", "state"],
        ]
        for (table, names) in tables {
            run.files[table + ".csv"] = (["time", "tick", "node"] + names).joined(separator: ",") + "\n"
            for name in ["time", "tick", "node"] + names { run.files["columns.csv"]! += "\(table),\(name),,gauge,Sonde,What it is\n" }
        }
        run.manifest.ticks = 90
        run.manifest.lastTick = 89
        for tick: UInt64 in 0..<90 {
            for number in 1...5 {
                for (kind, image, memory, cpu) in [("high", "heavy-memory", 100 * number, 1), ("low", "light-idle", 1, number)] {
                    let head = "\(VerifyRunBuilder.time(tick)),\(tick),a,id-\(kind)\(number)"
                    run.files["container.csv"]! += "\(head),\(kind)\(number),sonde-example/\(image):latest,1000,running,\(cpu),\(memory)\n"
                    // The last of them has ended.
                    run.files["process.csv"]! += "\(head),\(memory),10,S\n\(head),1,10,R\n\(head),,,X\n"
                }
            }
        }
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            try body(directory)
        }
    }

    @Test("Tried on a recorded run, the example takes all but two high and three low consumers, once")
    func example() async throws {
        let policy = try PolicyFile.load(Self.example)
        try await withRun { directory in
            var results: [GovernorReplay.Result] = []
            var replay = GovernorReplay(policy)
            try replay.run(RunOnDisk(directory.string), node: "a") { results.append($0) }
            #expect(results.map(\.decision.victim.name) == ["high5", "high4", "high3", "low5", "low4"])
            #expect(results.allSatisfy { $0.tick == 60 })
            #expect(results.first?.decision.victim.values == GovernorValues(cpu: 1, memory: 500, rss: 501, vsz: 20))
            #expect(replay.ticks == 90)
            #expect(replay.badRows == 0)
        }
    }

    @Test("The example is understood without a warning, and said in words")
    func words() throws {
        let text = PolicyText(try PolicyFile.load(Self.example))
        #expect(text.warnings == [])
        #expect(
            text.groups.first?.sentence == """
                containers whose image is sonde-example/heavy-*: every 1m stops (2 s to end) all but 2, highest memory, then highest cpu, then highest rss, \
                then highest vsz first; each is left alone for 15s after its start and for 1m after an action.
                """)
    }

    @Test("A policy to which everybody may write isn't taken")
    func writable() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("policy.yaml").string
            try FileManager.default.copyItem(atPath: Self.example, toPath: path)
            for (mode, isTaken) in [(0o644, true), (0o664, true), (0o666, false), (0o602, false)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                do throws(PolicyFile.Failure) {
                    _ = try PolicyFile.load(path)
                    #expect(isTaken, "\(mode)")
                } catch {
                    #expect(!isTaken && error.description.contains("chmod o-w"), "\(mode): \(error)")
                }
            }
        }
    }

    @Test("A policy with faults ends with status 65, one that can't be read with status 1")
    func statuses() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("policy.yaml")
            let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll("mode: on\n".utf8) }
            #expect(await Invocation.run(["governor", "check", path.string]) == 65)
            #expect(await Invocation.run(["/governor", "check", path.string + "x"]) == 1)
            #expect(await Invocation.run(["governor", "check", Self.example]) == 0)
        }
    }

    @Test("What may not be meant is warned of")
    func warnings() throws {
        let text = """
            groups:
              - {name: all, match: {name: "*"}, keep: 0, action: {stop: {timeout: 2m}}, grace: 0}
              - {name: top, match: {rank: top 2 by cpu}, keep: 2, action: kill}
            """
        #expect(
            PolicyWarnings.of(try PolicyReader.read(Array(text.utf8))) == [
                "the group `all` matches every container of the host that isn't protected",
                "the group `all` keeps none",
                "the group `all` has no grace: a container can go as soon as it was measured once",
                "the group `all` may ask again to stop a container that still has time to end; make the cooldown longer than the timeout",
                "the group `top` never gets a container: `all`, which comes first, matches all",
                "the group `top` does nothing: it keeps 2, and matches at most 2",
                "groups are told apart by single readings; `window: 30s` compares means, which a moment's peak doesn't change",
            ])
    }
}
