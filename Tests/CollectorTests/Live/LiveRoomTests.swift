import NIOCore
import StatsCore
import Testing

@testable import Collector

/// Fleets that are larger than what the collector keeps live.
@Suite("Room for live values") struct LiveRoomTests {
    private static func containers(_ count: Int, from first: Int = 0) -> String {
        (first..<first + count).map { #"["c\#($0)","n\#($0)",1,1,null]"# }.joined(separator: ",")
    }

    private static func leftOut(_ event: StreamedEvent, _ node: String) -> StreamedEvent.Value? {
        event.nodes.first { $0["node"] == .text(node) }?["left_out"]
    }

    @Test("A node that sends endless containers is shown in part, which is told, and a small one beside it whole")
    func largest() async throws {
        // Room for about 150 containers.
        let fixture = HubFixture(["large", "small"], costLimit: 1 << 20)
        try fixture.tick(#"{"container":[\#(Self.containers(1000))]}"#, node: "large")
        try await fixture.second(#"{"container":[\#(Self.containers(20, from: 5000))],"host":[[50,0]]}"#, node: "small")
        let whole = try await Follower(fixture.hub).snapshot
        func shown(_ node: String) -> Int { whole.containers.count { $0["node"] == .text(node) } }
        #expect(shown("small") == 20)
        let large = shown("large")
        #expect((100..<160).contains(large))
        #expect(Self.leftOut(whole, "small") == .null)
        #expect(Self.leftOut(whole, "large") == .object(["container": .number(Double(1000 - large))]))
        let node = whole.nodes.first { $0["node"] == .text("large") }
        guard case .array(let troubles)? = node?["troubles"], case .object(let trouble)? = troubles.first else {
            return #expect(Bool(false), "\(node ?? [:])")
        }
        #expect(trouble["name"] == .text("left_out"))
        #expect(fixture.counters.all["live_row_left_out"] ?? 0 > 800)
        #expect(fixture.live.leftOut(of: .container) == 1000 - large)
    }

    @Test("Applications' metrics, which nobody sees live, take no room from what is shown")
    func metrics() async throws {
        let fixture = HubFixture(costLimit: 1 << 20)
        let series = (0..<5000).map { #"["app","n\#($0)","{}",1]"# }.joined(separator: ",")
        try await fixture.second(#"{"container":[\#(Self.containers(100))],"metric":[\#(series)]}"#)
        #expect(try await Follower(fixture.hub).snapshot.containers.count == 100)
        #expect(fixture.counters.all["live_row_left_out"] == nil)
    }

    @Test("When others come the largest node's containers make room at once, and when they leave it is shown whole again")
    func levelling() async throws {
        let fixture = HubFixture(["first", "second"], costLimit: 1 << 20)
        try fixture.tick(#"{"container":[\#(Self.containers(150))]}"#, node: "first")
        await fixture.hub.beat()
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.containers.count == 150)
        try fixture.tick(#"{"container":[\#(Self.containers(150, from: 500))]}"#, node: "second")
        await fixture.hub.beat()
        let update = try #require(await follower.next())
        // The first node sent no tick since.
        #expect(update.gone.count > 60 && update.containers.count < 90)
        fixture.disconnect("second")
        for _ in 0..<3 { try await fixture.second(#"{"container":[\#(Self.containers(150))]}"#, node: "first") }
        #expect(try await Follower(fixture.hub).snapshot.containers.count == 150)
        #expect(fixture.live.leftOut(of: .container) == 0)
    }

    @Test("Who comes while all room is taken gets what is left, and its share a moment later")
    func newcomer() async throws {
        let fixture = HubFixture(["large", "small"], costLimit: 1 << 20)
        try fixture.tick(#"{"container":[\#(Self.containers(1000))]}"#, node: "large")
        #expect(fixture.live["large"]?.leftOut != nil)
        try fixture.tick(#"{"container":[\#(Self.containers(20, from: 5000))]}"#, node: "small")
        func cost() -> Int { fixture.live.all.values.reduce(0) { $0 + $1.rows.cost } }
        #expect(fixture.live["small"]?.leftOut?["container"] ?? 0 > 10 && cost() <= 1 << 20)
        try await fixture.second(#"{"container":[\#(Self.containers(20, from: 5000))]}"#, node: "small")
        #expect(fixture.live["small"]?.leftOut == nil && cost() <= 1 << 20)
    }

    @Test("Each node takes of the room, and however many there are, a quarter of it is left for rows")
    func manyNodes() throws {
        // For these rows alone there would be room for all.
        for (nodes, kept) in [(1, 200..<201), (60, 160..<180), (500, 75..<90)] {
            let fixture = HubFixture((0..<nodes).map { "n\($0)" }, costLimit: 2 << 20)
            try fixture.tick(#"{"container":[\#(Self.containers(200))]}"#, node: "n0")
            let count = try #require(fixture.live["n0"]).rows.count(of: .container)
            #expect(kept.contains(count), "\(nodes) nodes: \(count)")
        }
    }

    @Test("Of nodes that are lost a thousand are listed, the latest")
    func lost() async throws {
        let names = (0..<1100).map { "n\($0)" }
        let fixture = HubFixture(names)
        try await fixture.second(nil)
        var follower = try await Follower(fixture.hub)
        for part in [names[..<200], names[200...]] {
            for name in part { fixture.disconnect(name) }
            try await fixture.second(nil)
        }
        let listed = Set(try await Follower(fixture.hub).snapshot.nodes.map { $0["node"]?.text })
        #expect(listed.count == 1000 && names[200...].allSatisfy { listed.contains($0) })
        _ = try await follower.next()
        #expect(try await follower.next()?.goneNodes.count == 100)
    }

    @Test("All processes go before the first container, and of blanks between rows nothing is kept")
    func order() throws {
        let processes = (0..<1000).map { #"["c1",\#($0),5,"sh",1,null]"# }.joined(separator: ",")
        let blanks = String(repeating: " ", count: 100_000)
        func rows(_ containers: String, _ body: (FrameRows) -> Void) throws {
            let text = #"{"process":[\#(processes)],"container":[\#(containers)]}"#
            let frame = ByteBuffer(bytes: Frames.tick(0, run: "", seq: 0, rows: text))
            let span = frame.readableBytesSpan
            let tick = try TickFrame(span)
            #expect(FrameRows(tick, frame: span, columns: HubFixture.columns).leftOut.isEmpty)
            body(FrameRows(tick, frame: span, columns: HubFixture.columns, room: 80_000))
        }
        try rows(Self.containers(10)) { rows in
            #expect(rows.count(of: .container) == 10 && rows.leftOut[.container] == nil)
            #expect((20..<80).contains(rows.count(of: .process)) && rows.byteCount < 10_000 && rows.cost <= 80_000)
            let less = rows.cut(to: 20_000)
            #expect(less.count(of: .container) == 3 && less.leftOut[.container] == 7 && less.demand == rows.demand)
            #expect(less.count(of: .process) == 0)
        }
        try rows("\(Self.containers(10)),\(blanks)[\"late\",\"late\",1,1,null]") { rows in
            #expect(rows.count(of: .container) == 10 && rows.leftOut[.container] == 1 && rows.leftOut[.process] == 1000)
            #expect(rows.byteCount < 1000)
        }
    }

    @Test("Containers whose ids change at every tick leave no endless histories behind")
    func histories() throws {
        let fixture = HubFixture()
        var (fleet, courses) = (Fleet(), Courses())
        for step in 0..<8 {
            fixture.clock.advance(milliseconds: 2000)
            try fixture.tick(#"{"container":[\#(Self.containers(1000, from: step * 1000))]}"#)
            _ = fleet.take(fixture.report().nodes, fixture.live.all, interval: nil, at: fixture.collectorClock.steady())
            courses.advance(to: step * Course.step)
            courses.append(fleet)
        }
        let nothing = LiveKind<RowSource>.container.fields.map { _ in LiveValue.unknown }
        let kept = (0..<8000).filter { courses.container(LiveContainer(nothing, id: "c\($0)", node: "a")) != nil }
        // Those that are there, and of the others the latest.
        let isLatest = kept == Array(5000..<8000)
        #expect(isLatest, "\(kept.count) from \(kept.first ?? 0) on")
    }

    @Test("A detail names the 200 processes that use most, whatever their number, and counts the others")
    func busiest() async throws {
        let fixture = HubFixture()
        let processes = (0..<1000).map { #"["c1",\#($0),5,"sh",\#(Double(($0 * 7) % 1000) / 10),\#($0)]"# }.joined(separator: ",")
        for _ in 0..<2 { try await fixture.second(#"{"container":[\#(Self.containers(2))],"process":[\#(processes)]}"#) }
        let detail = try await StreamedEvent(fixture.hub.detail(.container("n1"), withCharts: false))
        guard case .object(let container)? = detail.members["container"], case .array(let shown)? = container["processes"] else {
            return #expect(Bool(false), "\(detail)")
        }
        let use = shown.map { process -> StreamedEvent.Value? in
            if case .object(let members) = process { members["cpu_percent"] } else { nil }
        }
        let wanted = (0..<200).map { StreamedEvent.Value.number(Double(999 - $0) / 10) }
        #expect(use == wanted && container["processes_left_out"] == .number(800))
    }
}
