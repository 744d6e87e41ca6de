import Logging
import NIOCore
import NIOPosix
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("What the governor does, and tells") struct GovernorServiceTests {
    /// A governor with four containers a, b, c, d before it, of which it stops all; what it told when `enough` says so.
    private func events(
        mode: String = "enforce", state: StateDirectory, engine: ScriptedEngine, until enough: @Sendable ([ContainerEvent]) -> Bool
    ) async throws -> [ContainerEvent] {
        let policy = try PolicyReader.read(
            Array(
                "{mode: \(mode), period: 1s, grace: 0, cooldown: 24h, groups: [{name: g, match: {name: \"*\"}, keep: 0, action: {stop: {timeout: 0s}}}]}"
                    .utf8))
        let index = ContainerIndex()
        index.publish(
            ["a", "b", "c", "d"].map {
                ContainerInfo(id: $0, name: "name-\($0)", image: "app", labels: [:], state: "running")
            })
        index.setEngineAvailable(true)
        let client = EngineClient(socket: engine.path, group: MultiThreadedEventLoopGroup.singleton, connections: 8)
        let ticks = GovernorService.mailbox()
        let service = GovernorService(
            policy: policy, ticks: ticks, index: index, api: EngineAPI(client: client),
            journal: GovernorJournal(in: state, bootID: "boot", cooldown: 86_400_000_000), logger: Logger(label: "test"),
            patience: .seconds(600))
        var told: [ContainerEvent] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var seconds: Int64 = 0
            // The time of a tick is what its header says, so that seconds pass in no time: one at each look, and no day until the engine has answered.
            defer { ticks.finish() }
            try await eventually("the events") {
                seconds += 1
                let header = TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: seconds * 1_000_000, begin: 0, end: 0)
                ticks.note(header, rows(), interval: 1_000_000)
                told += index.takeEvents()
                return enough(told)
            }
            ticks.finish()
            try await group.waitForAll()
        }
        return told + index.takeEvents()
    }

    private func rows() -> TickRows {
        var rows = TickRows()
        for id in ["a", "b", "c", "d"] {
            var reading = ContainerReading()
            reading.containerID = EncodedText(id)
            reading.sampleAge = 0
            reading.counters.memoryUsage = 100
            rows.append(reading)
        }
        return rows
    }

    private func result(_ id: String, _ events: [ContainerEvent]) -> String? {
        let detail = events.first { $0.containerID == id }?.detail ?? ""
        return detail.split(separator: "\"result\":\"").last?.split(separator: "\"").first.map(String.init)
    }

    @Test("What the engine answers is told: done, gone by itself, refused, or nobody knows")
    func answers() async throws {
        let scratch = try ScratchDirectory()
        let engine = try await ScriptedEngine { target, _ in
            switch target {
            case "/version": [ScriptedEngine.ok(#"{"Version":"20.10","ApiVersion":"1.41"}"#)]
            case "/v1.41/containers/a/stop?t=0": [ScriptedEngine.status(204, "")]
            case "/v1.41/containers/b/stop?t=0": [ScriptedEngine.status(404, #"{"message":"No such container: b"}"#)]
            case "/v1.41/containers/c/stop?t=0": [ScriptedEngine.status(500, #"{"message":"no"}"#)]
            default: [.close]
            }
        }
        let events = try await events(state: scratch.state(), engine: engine) { $0.count >= 4 }
        #expect(["a", "b", "c", "d"].map { result($0, events) } == ["done", "gone by itself", "failed", "unknown"])
        #expect(events.allSatisfy { $0.kind == "action" && $0.container == "name-\($0.containerID ?? "")" })
        #expect(events.count == 4)
        try await engine.stop()
    }

    @Test("A dry run asks the engine nothing")
    func dryRun() async throws {
        let scratch = try ScratchDirectory()
        let engine = try await ScriptedEngine { _, _ in [] }
        let events = try await events(mode: "dry-run", state: scratch.state(), engine: engine) { $0.count >= 4 }
        #expect(events.map { result($0.containerID ?? "", events) } == Array(repeating: "dry run", count: 4))
        #expect(engine.targets.isEmpty)
        try await engine.stop()
    }

    @Test("What an agent had begun when it was killed isn't done again by the next one, which says so")
    func killed() async throws {
        let scratch = try ScratchDirectory()
        do {
            let state = try scratch.state()
            let journal = GovernorJournal(in: state, bootID: "boot", cooldown: 86_400_000_000)
            try journal.begin(.init(id: "b", name: "name-b", group: "g", action: "stop", begun: Clocks.monotonicMicroseconds()))
        }
        let engine = try await ScriptedEngine { target, _ in
            [target == "/version" ? ScriptedEngine.ok(#"{"Version":"20.10","ApiVersion":"1.41"}"#) : ScriptedEngine.status(204, "")]
        }
        let events = try await events(state: scratch.state(), engine: engine) { $0.count >= 4 }
        #expect(events.first?.message == "stop (g): begun by an agent that ended before the engine had answered; not done again")
        #expect(engine.targets.filter { $0.contains("stop") }.sorted() == ["a", "c", "d"].map { "/v1.41/containers/\($0)/stop?t=0" })
        try await engine.stop()
    }

    @Test("When the note of what was done is damaged, nothing is done until all of it would have cooled down, and events say so")
    func damaged() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(Array("[{\"id\":\"b\",".utf8), to: "governor.json")
        let engine = try await ScriptedEngine { target, _ in
            [target == "/version" ? ScriptedEngine.ok(#"{"Version":"20.10","ApiVersion":"1.41"}"#) : ScriptedEngine.status(204, "")]
        }
        let state = try scratch.state()
        let events = try await events(state: state, engine: engine) { $0.count >= 5 }
        #expect(
            events.first?.message?.contains("does nothing for ") == true
                && events.first?.message?.contains("governor.json is damaged") == true)
        #expect(["a", "b", "c", "d"].map { result($0, events) } == Array(repeating: "not done", count: 4))
        #expect(!engine.targets.contains { $0.contains("stop") })
        #expect(try scratch.text("governor.json") == "[{\"id\":\"b\",", "it stays for a person to look at")
        let journal = GovernorJournal(in: state, bootID: "boot", cooldown: 86_400_000_000)
        let until = try #require(journal.damage?.until)
        try journal.begin(.init(id: "b", name: "name-b", group: "g", action: "stop", begun: until))
        #expect(GovernorJournal(in: state, bootID: "boot", cooldown: 86_400_000_000).damage == nil)
        try await engine.stop()
    }
}
