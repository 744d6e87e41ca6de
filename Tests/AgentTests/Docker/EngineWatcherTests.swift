import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("The engine's watcher") struct EngineWatcherTests {
    private static let version = ScriptedEngine.ok(#"{"Version":"20.10","ApiVersion":"1.41"}"#)

    private static func inspect(_ name: String, pid: Int, startedAt: String = "2026-11-21T09:00:00Z") -> ScriptedEngine.Step {
        ScriptedEngine.ok(
            #"{"Id":"\#(name)","Name":"/\#(name)","State":{"Status":"running","Pid":\#(pid),"StartedAt":"\#(startedAt)"}}"#)
    }

    private static func listed(_ names: String...) -> ScriptedEngine.Step {
        ScriptedEngine.ok("[" + names.map { #"{"Id":"\#($0)","Names":["/\#($0)"],"State":"running"}"# }.joined(separator: ",") + "]")
    }

    private static func event(_ action: String, _ id: String, at time: Int, _ attributes: String = "") -> ScriptedEngine.Step {
        let actor = #"{"ID":"\#(id)","Attributes":{\#(attributes)"name":"\#(id)"}}"#
        return ScriptedEngine.chunk(#"{"Type":"container","Action":"\#(action)","Actor":\#(actor),"timeNano":\#(time)}"# + "\n")
    }

    /// Runs the watcher on a scripted engine until `done` holds, and returns all events.
    private func watch(
        _ script: @escaping @Sendable (String, Int) -> [ScriptedEngine.Step],
        until done: (ContainerIndex, [ContainerEvent]) -> Bool
    ) async throws -> (index: ContainerIndex, events: [ContainerEvent], targets: [String]) {
        let engine = try await ScriptedEngine(script)
        let api = EngineAPI(client: EngineClient(socket: engine.path, group: MultiThreadedEventLoopGroup.singleton))
        let index = ContainerIndex()
        let watcher = Task { try await EngineWatcher(api: api, index: index, logger: Logger(label: "test")).run() }
        var events: [ContainerEvent] = []
        try await eventually("the news") {
            events += index.takeEvents()
            return done(index, events)
        }
        watcher.cancel()
        _ = try? await watcher.value
        let targets = engine.targets
        try await engine.stop()
        return (index, events + index.takeEvents(), targets)
    }

    @Test("What ran before the agent is listed without an event; what starts and ends is told with its exit code")
    func startAndEnd() async throws {
        let (index, events, _) = try await watch { target, _ in
            switch target {
            case "/version": [Self.version]
            case _ where target.contains("/events"):
                [
                    ScriptedEngine.chunkedHead, Self.event("create", "new", at: 10), Self.event("start", "new", at: 11),
                    Self.event("oom", "new", at: 12), Self.event("kill", "new", at: 13, #""signal":"9","#),
                    Self.event("health_status: unhealthy", "old", at: 14),
                    Self.event("die", "new", at: 1_900_000_000_000_000_000, #""exitCode":"137","#),
                ]
            case _ where target.hasSuffix("/containers/json"): [Self.listed("old")]
            case _ where target.contains("/old/"): [Self.inspect("old", pid: 5)]
            default: [Self.inspect("new", pid: 6)]
            }
        } until: { index, events in
            // The list and the events may come in either order, and the answer about what is listed comes behind both.
            events.last?.kind == "container die" && index.engine == .available
                && index.snapshot(newerThan: 0)?.containers.first?.initPID != nil
        }
        #expect(events.map(\.kind) == ["container start", "oom", "kill", "health", "container die"])
        #expect(events.map(\.container) == ["new", "new", "new", "old", "new"])
        #expect(events.last?.exitCode == 137)
        #expect(events[2].message == "signal 9")
        #expect(events[3].message == "unhealthy")
        #expect(events[1].detail == #"{"engine_time":"1970-01-01T00:00:00.000000Z"}"#)
        let containers = try #require(index.snapshot(newerThan: 0)).containers
        #expect(containers.map(\.id) == ["old"])
        #expect(containers.first?.initPID == 5)
        #expect(index.engine == .available)
    }

    @Test("After an outage it goes on with the events from where it was, and tells nothing twice")
    func outage() async throws {
        let goesOn = Mutex(false)
        let (index, events, _) = try await watch { target, _ in
            if target == "/version" { return [Self.version] }
            if target.contains("/events") {
                // The engine goes away until its event has been taken in: on a busy machine the end may be noticed first.
                let isKnown = target.contains("since=1800000000.000000007")
                if isKnown { goesOn.withLock { $0 = true } }
                let start = Self.event("start", "b", at: 1_800_000_000_000_000_007)
                return isKnown ? [ScriptedEngine.chunkedHead, start] : [ScriptedEngine.chunkedHead, start, .close]
            }
            if target.hasSuffix("/containers/json") { return [Self.listed("b")] }
            return [Self.inspect("b", pid: 9)]
        } until: { index, events in
            goesOn.withLock { $0 } && index.engine == .available && !events.isEmpty
        }
        #expect(events.map { "\($0.kind) \($0.container ?? "")" } == ["container start b"])
        #expect(try #require(index.snapshot(newerThan: 0)).containers.map(\.id) == ["b"])
    }

    @Test("Without an engine the index says so, with what to do about it")
    func withoutEngine() async throws {
        let api = EngineAPI(client: EngineClient(socket: "/nowhere/docker.sock", group: MultiThreadedEventLoopGroup.singleton))
        let index = ContainerIndex()
        let watcher = Task { try await EngineWatcher(api: api, index: index, logger: Logger(label: "test")).run() }
        try await eventually("word of the engine") { index.engine != .unknown }
        #expect(index.engine == .unavailable(reason: "no Docker engine: /nowhere/docker.sock does not exist"))
        watcher.cancel()
        try await watcher.value
    }
}
