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
        try fixture.tick(#"{"container":[\#(Self.containers(20, from: 5000))],"host":[[50,0]]}"#, node: "small")
        await fixture.hub.beat()
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

    @Test("Processes go before containers, and of blanks between rows nothing is kept")
    func order() throws {
        let processes = (0..<1000).map { #"["c1",\#($0),5,"sh",1,null]"# }.joined(separator: ",")
        let blanks = String(repeating: " ", count: 100_000)
        let text = #"{"process":[\#(processes)],"container":[\#(Self.containers(10)),\#(blanks)["late","late",1,1,null]]}"#
        let frame = ByteBuffer(bytes: Frames.tick(0, run: "", seq: 0, rows: text))
        let span = frame.readableBytesSpan
        let tick = try TickFrame(span)
        let rows = FrameRows(tick, frame: span, columns: HubFixture.columns, room: 80_000)
        #expect(rows.count(of: .container) == 10 && rows.leftOut[.container] == 1)
        #expect((20..<80).contains(rows.count(of: .process)) && rows.byteCount < 10_000 && rows.cost <= 80_000)
        let less = rows.cut(to: 20_000)
        #expect(less.count(of: .container) == 3 && less.leftOut[.container] == 8 && less.demand == rows.demand)
        #expect(FrameRows(tick, frame: span, columns: HubFixture.columns).leftOut.isEmpty)
    }

    @Test("Containers whose ids change at every tick leave no endless histories behind")
    func histories() async throws {
        let fixture = HubFixture()
        for second in 0..<16 { try await fixture.second(#"{"container":[\#(Self.containers(1000, from: second * 1000))]}"#) }
        let count = await fixture.hub.courseCount
        #expect(count > 1000 && count <= 1000 + 2000)
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
