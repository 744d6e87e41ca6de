import StatsCore
import Testing

@testable import Collector

/// What hurts although it is gone whenever somebody looks.
@Suite("The last ten minutes of containers") struct ContainerPastTests {
    private static let columns: [TableID: FrameRows.Columns] = [
        .container: FrameRows.Columns(["container_id", "container", "state", "cpu_percent", "restarts", "oom_kills"]),
        .event: FrameRows.Columns(["kind", "container_id", "container", "exit_code", "message", "detail"]),
    ]

    private static func event(_ kind: String, exit: String = "null", message: String = "null") -> String {
        #"["\#(kind)","c1","eater",\#(exit),\#(message),"{\"image\":\"hungry:1\"}"]"#
    }

    /// What happened to one container, and a host that has another one.
    private static func tick(_ events: [String], container: String? = nil) -> String {
        let rows = [#"["c0","steady","running",1,0,null]"#] + [container].compactMap { $0 }
        return #"{"container":[\#(rows.joined(separator: ","))],"event":[\#(events.joined(separator: ","))]}"#
    }

    private static func container(_ name: String, _ fixture: HubFixture) async throws -> [String: StreamedEvent.Value]? {
        let follower = try await Follower(fixture.hub)
        await follower.leave()
        return follower.snapshot.containers.first { $0["name"] == .text(name) }
    }

    private static func troubles(_ container: [String: StreamedEvent.Value]?) -> [StreamedEvent.Value?] {
        guard case .array(let troubles)? = container?["troubles"] else { return [] }
        return troubles.map { if case .object(let trouble) = $0 { trouble["name"] } else { nil } }
    }

    @Test("A container that is killed for memory again and again, and gone at every look, is listed with that for ten minutes")
    func killed() async throws {
        let fixture = HubFixture(columns: Self.columns)
        let round = [Self.event("container start"), Self.event("oom"), Self.event("container die", exit: "137")]
        for _ in 0..<10 { try await fixture.second(Self.tick(round)) }
        let eater = try #require(try await Self.container("eater", fixture))
        #expect(eater["oom_kills_10m"] == .number(10) && eater["failures_10m"] == .number(10) && eater["restarts_10m"] == .number(9))
        #expect(eater["state"] == .text("exited") && eater["exit_code"] == .number(137) && eater["image"] == .text("hungry:1"))
        #expect(eater["cpu_percent"] == .null && eater["level"] == .text("hot"))
        #expect(Self.troubles(eater) == [.text("oom"), .text("restarted"), .text("failed")])

        // Nobody looks for most of ten minutes; then it leaves.
        fixture.clock.advance(milliseconds: 599_000)
        try await fixture.second(Self.tick([]))
        #expect(try await Self.container("eater", fixture)?["oom_kills_10m"] == .number(1), "of the last round only")
        var follower = try await Follower(fixture.hub)
        fixture.clock.advance(milliseconds: 1000)
        try await fixture.second(Self.tick([]))
        #expect(try await follower.next()?.gone == [try #require(eater["key"])])
        #expect(try await Self.container("steady", fixture)?["oom_kills_10m"] == .number(0))
    }

    @Test("One that comes back is the same container, and its rates begin anew")
    func back() async throws {
        let fixture = HubFixture(columns: Self.columns)
        try await fixture.second(Self.tick([], container: #"["c1","eater","running",50,0,null]"#))
        let first = try #require(try await Self.container("eater", fixture))
        var follower = try await Follower(fixture.hub)
        try await fixture.second(Self.tick([Self.event("container die", exit: "1")]))
        let ended = try #require(await follower.next())
        #expect(ended.gone.isEmpty && ended.containers.first?["state"] == .text("exited"))
        try await fixture.second(Self.tick([Self.event("container start")], container: #"["c1","eater","running",40,1,null]"#))
        let update = try #require(await follower.next()).containers.first
        #expect(update?["key"] == first["key"] && update?["state"] == .text("running") && update?["restarts_10m"] == .number(1))
        #expect(try await Self.container("eater", fixture)?["exit_code"] == .number(1), "how it ended is still of interest")
    }

    @Test("What was told to end did not fail, unless the signal was a word to its settings")
    func told() async throws {
        for (signal, failures) in [("signal 15", 0.0), ("signal 1", 1)] {
            let fixture = HubFixture(columns: Self.columns)
            let events = [Self.event("kill", message: "\"\(signal)\""), Self.event("container die", exit: "137")]
            try await fixture.second(Self.tick(events))
            let eater = try #require(try await Self.container("eater", fixture))
            #expect(eater["failures_10m"] == .number(failures) && eater["exit_code"] == .number(137))
        }
    }

    @Test(
        "A signal that ends nothing excuses no later crash: a thread dump, a stop that the program ignored, a terminal's new size",
        arguments: [("signal 3", 120), ("signal 15", 3600), ("signal 28", 0)])
    func excuse(signal: String, seconds: Int64) async throws {
        let fixture = HubFixture(columns: Self.columns)
        let row = #"["c1","eater","running",1,0,null]"#
        try await fixture.second(Self.tick([Self.event("kill", message: "\"\(signal)\"")], container: row))
        fixture.clock.advance(milliseconds: seconds * 1000)
        try await fixture.second(Self.tick([Self.event("container die", exit: "1")]))
        #expect(try await Self.container("eater", fixture)?["failures_10m"] == .number(1))
    }

    @Test("A stop excuses the end that it brings about and no later one, also when nobody told of the start between them")
    func excusedOnce() async throws {
        let fixture = HubFixture(columns: Self.columns)
        try await fixture.second(Self.tick([Self.event("kill", message: "\"signal 15\""), Self.event("container die", exit: "143")]))
        #expect(try await Self.container("eater", fixture)?["failures_10m"] == .number(0))
        try await fixture.second(Self.tick([], container: #"["c1","eater","running",1,0,null]"#))
        try await fixture.second(Self.tick([Self.event("container die", exit: "1")]))
        #expect(try await Self.container("eater", fixture)?["failures_10m"] == .number(1))
    }

    @Test("Where nobody tells of ends and kills they are not known; counters that grow tell as well as events")
    func counted() async throws {
        let fixture = HubFixture(columns: Self.columns)
        func row(_ kills: String, _ restarts: String, state: String = "null") -> String {
            #"{"container":[["c1","eater",\#(state),1,\#(restarts),\#(kills)]]}"#
        }
        try await fixture.second(row("null", "null"))
        var eater = try await Self.container("eater", fixture)
        #expect(eater?["oom_kills_10m"] == .null && eater?["failures_10m"] == .null && eater?["restarts_10m"] == .null)
        try await fixture.second(row("5", "2", state: "\"running\""))
        eater = try await Self.container("eater", fixture)
        #expect(eater?["oom_kills_10m"] == .number(0), "nobody knows when those were")
        try await fixture.second(row("7", "3", state: "\"running\""))
        eater = try await Self.container("eater", fixture)
        #expect(eater?["oom_kills_10m"] == .number(2) && eater?["restarts_10m"] == .number(1))
    }

    @Test("An agent that tells of endless containers fills no memory, and the latest ones are listed")
    func bounded() async throws {
        let fixture = HubFixture(columns: Self.columns)
        for first in [0, 1500] {
            let events = (first..<first + 1500).map { #"["container die","x\#($0)","n\#($0)",1,null,null]"# }
            try await fixture.second(Self.tick(events))
        }
        let (late, early) = (try await Self.container("n2000", fixture), try await Self.container("n1000", fixture))
        #expect(late != nil && early == nil)
        #expect(try await Follower(fixture.hub).snapshot.containers.count == 1001)
    }

    @Test("A mark stands among what happened")
    func mark() async throws {
        let fixture = HubFixture(columns: Self.columns)
        fixture.live.note(mark: "load \"on\"", at: fixture.clock.now)
        try await fixture.second(nil)
        let events = try await Follower(fixture.hub).snapshot.events
        #expect(events.map { $0["kind"] } == [.text("mark")] && events.first?["message"] == .text("load \"on\""))
    }
}
