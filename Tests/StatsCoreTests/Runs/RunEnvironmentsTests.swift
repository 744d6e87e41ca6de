import Testing

@testable import StatsCore

@Suite("Environments in a run") struct RunEnvironmentsTests {
    private func manifest(
        _ name: String, _ hosts: [(node: String, told: NodeEnvironment)]
    ) -> (manifest: RunManifest, kept: RunEnvironments) {
        var kept = RunEnvironments()
        let nodes = hosts.map { node, told in
            var entry = RunManifest.Node(
                hello: Hello(agent: node, epoch: 1, node: node, monitor: node, version: "1", tables: [:], firstUnacked: 1, nextSeq: 1))
            kept.describe(&entry, told)
            return entry
        }
        let order = RunOrder(id: "id", name: name, intervalUs: 1_000_000, t0: 1_800_000_000_000_000, ticks: nil)
        return (RunManifest(order: order, note: nil, collectorVersion: "1", nodes: nodes), kept)
    }

    private func container(_ name: String, image: String = "sha256:1") -> ContainerSettings {
        var settings = ContainerSettings(id: "id-\(name)", name: name, image: "nginx")
        settings.imageID = image
        return settings
    }

    @Test("run.json has the first node's environment, of others what differs, and what is read back is whole")
    func written() throws {
        let other = HostEnvironment.sample(["command_line": .string("rw"), "engine": .null])
        let (manifest, _) = manifest("r", [("a", NodeEnvironment(host: .sample())), ("b", NodeEnvironment(host: other))])
        let read = try RunManifest(decoding: manifest.encoded())
        #expect(read == manifest && read.nodes[0].environmentOf == nil && read.nodes[1].environmentOf == "a")
        #expect(read.nodes[1].environment?.values == ["command_line": .string("rw"), "engine": .null])
        let whole = read.environments
        #expect(whole["a"] == .sample() && whole["b"]?[.commandLine] == .string("rw") && whole["b"]?[.engine] == nil)
        #expect(whole["b"]?[.cpuModel] == .string("AMD EPYC 7543"))
    }

    @Test("run.json of ten thousand nodes stays small, and names no more containers than a run may")
    func bounded() throws {
        let containers = (0..<100).map { container("c\($0)") }
        let hosts = (0..<10_000).map { number in
            (
                "node-\(number)",
                NodeEnvironment(
                    host: .sample(["command_line": .string("root=UUID=\(number)")]), containers: containers, containersLeftOut: 1)
            )
        }
        let (manifest, _) = manifest("r", hosts)
        #expect(manifest.nodes.reduce(0) { $0 + ($1.containers?.count ?? 0) } == ContainerSettings.mostOfRun)
        #expect(manifest.nodes[0].containersLeftOut == 1 && manifest.nodes[9_999].containersLeftOut == 101)
        #expect(manifest.nodes.reduce(0) { $0 + ($1.environment?.size ?? 0) } < 1 << 20)
    }

    @Test("A change in the middle of a run is told once, also behind a restart of the collector")
    func changes() {
        let told = NodeEnvironment(host: .sample())
        var (manifest, kept) = manifest("r", [("a", told), ("b", told)])
        let powersave = HostEnvironment.sample(["governor": .string("powersave")])
        #expect(kept.changes(of: manifest.nodes[1], to: .sample()).isEmpty)
        #expect(kept.changes(of: manifest.nodes[1], to: powersave).map(\.text) == ["Governor was performance, is powersave"])
        #expect(kept.changes(of: manifest.nodes[1], to: powersave).isEmpty)
        #expect(kept.changes(of: manifest.nodes[1], to: .sample()).map(\.text) == ["Governor was powersave, is performance"])
        var restarted = RunEnvironments(manifest.nodes)
        #expect(restarted.changes(of: manifest.nodes[1], to: .sample()).isEmpty)
        #expect(restarted.changes(of: manifest.nodes[1], to: powersave).count == 1)
        for tick in 0..<200 as Range<UInt64> { manifest.note(EnvironmentChange(tick: tick, node: "a", what: "x was y, is z")) }
        #expect(manifest.environmentChanges?.count == EnvironmentChange.most)
        #expect(manifest.remarks.first == "From tick 0 on a is another than it was: x was y, is z.")
        #expect(manifest.remarks.last == "The hosts changed 95 more times: environment_changes in run.json.")
    }

    @Test("Two runs are compared host by host and container by container; equal ones, and those of older versions, say nothing")
    func compared() {
        let (old, _) = manifest(
            "exp-1",
            [
                ("a", NodeEnvironment(host: .sample(), containers: [container("web"), container("db")])),
                ("b", NodeEnvironment(host: .sample())),
                ("c", NodeEnvironment(host: .sample())),
            ])
        let changed = HostEnvironment.sample(["kernel": .string("6.1.0-27-amd64")])
        let (new, _) = manifest(
            "exp-2",
            [
                ("a", NodeEnvironment(host: changed, containers: [container("web", image: "sha256:2"), container("db")])),
                ("b", NodeEnvironment(host: changed)), ("d", NodeEnvironment(host: .sample())),
            ])
        let comparison = EnvironmentComparison(from: old, to: new)
        #expect(
            comparison?.sentences == [
                "Other than in run exp-1: Kernel was 6.1.0-26-amd64, is 6.1.0-27-amd64 (a, b).",
                "Other than in run exp-1: Nodes that weren't there (d).", "Other than in run exp-1: Nodes that aren't there any more (c).",
                "Other than in run exp-1: Container web's image id was sha256:1, is sha256:2 (a).",
            ])
        #expect(EnvironmentComparison(from: old, to: old) == nil)
        #expect(EnvironmentComparison(from: manifest("older", [("a", NodeEnvironment())]).manifest, to: new) == nil)
        #expect(EnvironmentComparison(run: "r", all: (0..<30).map { "\($0)" }).more == 10)
    }

    @Test(
        "A run comes after another one of its series by the numbers at the end of their names",
        arguments: [
            ("exp-2", "exp-3", true), ("exp-3", "exp-3", false), ("exp-9", "exp-10", true), ("exp-10", "exp-9", false),
            ("exp", "exp1", true),
            ("exp-1", "exq-2", false), ("exp-a1", "exp-b2", false), ("run-2026-11-27-0900", "run-2026-11-27-1000", true),
            ("e-1", "e-1.1", true), ("007", "8", true), ("a-18446744073709551616", "a-18446744073709551617", true),
            ("exp-003", "exp-3", false),
        ])
    func series(one: String, two: String, precedes: Bool) { #expect(RunSeries(one).precedes(RunSeries(two)) == precedes) }
}
