import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Environments of a run's hosts") struct EnvironmentTests {
    private static func message(_ changes: JSONObject = [:], cpu: Double = 1) -> EnvironmentMessage {
        let values: JSONObject = ["governor": .string("performance"), "kernel": .string("6.1"), "threads": .integer(4)]
        return EnvironmentMessage(
            host: HostEnvironment(values.merging(changes) { $1 }), activity: HostActivity(load1: 0.1, cpuPercent: cpu),
            containers: [ContainerSettings(id: "aa", name: "web", image: "nginx")])
    }

    private func stop(_ fixture: RecorderFixture) async throws -> RunManifest {
        async let stopped = fixture.recorder.stop()
        try await eventually("a run that is being stopped") {
            fixture.clock.advance(milliseconds: 11_000)
            try await fixture.recorder.beat()
            return await fixture.recorder.isIdle
        }
        return try await stopped
    }

    private func tell(_ fixture: RecorderFixture, _ message: EnvironmentMessage, session: UInt64, node: String = "a") async {
        fixture.recorder.environments.take(message, of: node)
        await fixture.recorder.noteEnvironment(session: session)
    }

    @Test("A run says what its hosts are and what spoils measurements there, in the answer to its start and in run.json")
    func begins() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        await tell(fixture, Self.message(["governor": .string("schedutil")], cpu: 50), session: session)
        #expect(fixture.recorder.environments.warnings().map(\.code) == ["governor", "busy"])
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        #expect(
            run.warnings?.map(\.code) == ["governor", "busy"] && run.warnings?.first?.message.hasPrefix("a: the governor schedutil") == true
        )
        let manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(manifest.nodes[0].environment?[.kernel] == .string("6.1") && manifest.nodes[0].containers?.map(\.name) == ["web"])
        #expect(manifest.nodes[0].activity?.cpuPercent == 50 && manifest.warnings == run.warnings)
        #expect(await fixture.recorder.runReport()?.warnings == run.warnings)
    }

    @Test("An agent that tells nothing of its host is recorded as before")
    func older() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        #expect(run.warnings == nil && run.environmentComparison == nil)
        let text = try fixture.directory.text("r/run.json")
        #expect(!text.contains("environment") && !text.contains("warnings"))
    }

    @Test(
        "A change in the middle of the run is an event and a remark, and what was there at its start stays"
    )
    func changes() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        await tell(fixture, Self.message(), session: session)
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        fixture.clock.advance(milliseconds: 3000)
        try await fixture.recorder.beat()
        await tell(fixture, Self.message(["governor": .string("powersave")]), session: session)
        // It has only connected again.
        await tell(fixture, Self.message(["governor": .string("powersave")]), session: session)
        try await fixture.recorder.beat()
        let events = try fixture.directory.text("r/event.csv").split(separator: "\n").filter { $0.contains("environment changed") }
        #expect(events.count == 1 && events.first?.contains("\"Governor was performance, is powersave\"") == true, "\(events)")
        #expect(try RunManifest(decoding: fixture.directory.bytes("r/run.json")).environmentChanges?.count == 1)
        let closed = try await stop(fixture)
        #expect(closed.nodes[0].environment?[.governor] == .string("performance"))
        #expect(
            closed.remarks.contains { $0.hasSuffix("on a is another than it was: Governor was performance, is powersave.") },
            "\(closed.remarks)")
    }

    @Test("A node that joins a run says what it is then, and a commit keeps it")
    func joins() async throws {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        fixture.clock.advance(milliseconds: 2000)
        let session = try await fixture.admit(.sample(agent: "agent-2", node: "b"))
        await tell(fixture, Self.message(), session: session, node: "b")
        try await fixture.recorder.beat()
        let log = try #require(CommitCoder.fold(fixture.directory.bytes("r/.commit")))
        #expect(log.record.nodes["b"]?.environment?[.kernel] == .string("6.1"))
        // Its agent says hello again, which says nothing of that.
        _ = try await fixture.admit(.sample(agent: "agent-2", node: "b"))
        #expect(try await stop(fixture).nodes.last?.environment?[.kernel] == .string("6.1"))
    }

    @Test("A run of a series says in what its hosts differ from those of the run before, past a directory that is none")
    func compared() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        await tell(fixture, Self.message(), session: session)
        for name in ["set/exp-8", "set/exp-9"] {
            let run = try await fixture.recorder.start(RunPath(name), options: StartOptions())
            #expect(run.environmentComparison == nil)
            _ = try await stop(fixture)
        }
        try fixture.directory.makeDirectory("set/exp-9.5")
        await tell(fixture, Self.message(["kernel": .string("6.2")]), session: session)
        let run = try await fixture.recorder.start(RunPath("set/exp-10"), options: StartOptions())
        #expect(run.environmentComparison == EnvironmentComparison(run: "set/exp-9", all: ["Kernel was 6.1, is 6.2 (a)"]))
        #expect(try await stop(fixture).remarks.contains("Other than in run set/exp-9: Kernel was 6.1, is 6.2 (a)."))
        let other = try await fixture.recorder.start(RunPath("set/other-11"), options: StartOptions())
        #expect(other.environmentComparison == nil)
    }

    @Test("What is known of a host is forgotten when its agent leaves, and what one message doesn't mention stays from the one before")
    func forgets() async throws {
        let environments = NodeEnvironments()
        environments.take(Self.message(), of: "a")
        environments.take(EnvironmentMessage(activity: HostActivity(cpuPercent: 90)), of: "a")
        #expect(environments["a"]?.host[.kernel] == .string("6.1") && environments["a"]?.containers.count == 1)
        #expect(environments.warnings().map(\.code) == ["busy"])
        environments.remove("a")
        #expect(environments["a"] == nil && environments.warnings().isEmpty)
    }

    @Test("However many containers agents tell of, so many are kept")
    func bounded() {
        let environments = NodeEnvironments()
        let many = EnvironmentMessage(containers: (0..<500).map { ContainerSettings(id: "\($0)", name: "c", image: "i") })
        for node in 0..<60 { environments.take(many, of: "\(node)") }
        #expect((0..<60).reduce(0) { $0 + (environments["\($1)"]?.containers.count ?? 0) } == 20_000)
        #expect(environments["59"]?.containersLeftOut == 500)
        environments.remove("0")
        environments.take(many, of: "59")
        #expect(environments["59"]?.containers.count == 500)
    }

    @Test("A session takes the message behind its hello, and no earlier")
    func session() throws {
        let told = Self.message()
        var state = SessionState()
        guard case .end(let refusal, isTold: true) = state.receive(.environment(told)) else {
            Issue.record("it was taken")
            return
        }
        #expect(refusal.code == "no_hello")
        var open = SessionState()
        _ = open.receive(.hello(.sample()))
        open.admitted(accepted: 0)
        #expect(open.receive(.environment(told)) == .noteEnvironment(told))
        let bytes = try told.encoded()
        guard case .environment(let read) = try Self.incoming(bytes) else {
            Issue.record("it isn't known")
            return
        }
        #expect(read == told)
    }

    private static func incoming(_ bytes: [UInt8]) throws -> Incoming { try Incoming(bytes.span.bytes) }
}
