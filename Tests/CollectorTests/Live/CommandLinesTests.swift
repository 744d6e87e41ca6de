import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Command lines of live processes") struct CommandLinesTests {
    private static let columns: [TableID: FrameRows.Columns] = [
        .process: FrameRows.Columns(["container_id", "pid", "start_us", "comm", "cpu_percent", "uid", "user"]),
        .host: FrameRows.Columns(["cpu_percent"]),
        .event: FrameRows.Columns(["kind", "pid", "message"]),
    ]

    private static func events(_ rows: String) -> FrameRows {
        let frame = Array(
            #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":0,"time":1,"begin":1,"end":1,"rows":{"event":[\#(rows)]}}"#.utf8)
        guard let tick = try? TickFrame(frame.span.bytes), let columns = Self.columns[.event] else { return FrameRows() }
        return EventBacklog.processes(of: tick, frame: frame.span.bytes, columns: columns)
    }

    @Test("The newest of a pid counts, one that can't be read is unknown, and a long one is cut")
    func newest() {
        var lines = CommandLines()
        lines.take(
            Self.events(#"["process",7,"sleep 1"],["oom",8,"no process"],["process",9,"\#(String(repeating: "é", count: 200))"]"#),
            room: .max)
        #expect(lines[7] == "sleep 1" && lines[8] == nil && lines[9]?.utf8.count ?? 0 <= 258)
        lines.take(Self.events(#"["process",7,"make -j8"],["process",9,null]"#), room: .max)
        #expect(lines[7] == "make -j8" && lines[9] == nil)
    }

    @Test("However many processes come, the newest are kept, within what they may cost")
    func bounded() {
        var lines = CommandLines()
        for round in 0..<60 {
            let rows = (0..<200).map { #"["process",\#(round * 200 + $0),"command \#(round * 200 + $0)"]"# }.joined(separator: ",")
            lines.take(Self.events(rows), room: .max)
            #expect(lines.cost <= CommandLines.limit)
        }
        #expect(lines[11_999] == "command 11999" && lines[0] == nil && lines.cost > CommandLines.limit / 2)
        lines.take(Self.events(#"["process",1,"a"]"#), room: 100)
        #expect(lines.cost <= 100 && lines[1] == "a")
        lines.take(Self.events(#"["process",1,"a"]"#), room: 0)
        #expect(lines.cost == 0 && lines[1] == nil)
    }

    @Test("A node's detail names its processes with their command lines, and how many more there are")
    func detail() async throws {
        let fixture = HubFixture(columns: Self.columns)
        // Somebody looks.
        let follower = try await Follower(fixture.hub)
        let rows = (1...201).map { #"[null,\#($0),\#($0),"c\#($0)",\#(Double($0) / 10),\#(4000 + $0),null]"# }.joined(separator: ",")
        try await fixture.second(##"{"host":[[1]],"process":[\##(rows)],"event":[["process",201,"the busiest"]]}"##)
        let text = await fixture.hub.detail(.node("a"), withCharts: false).map { String(buffer: $0) }.joined()
        #expect(text.contains(#""command_line":"the busiest""#) && text.contains(#""processes_left_out":1"#), "\(text)")
        #expect(text.contains(#""user":"4201""#), "a user without a name is told by the uid")
        #expect(text.contains(#""comm":"c2""#) && !text.contains(#""comm":"c1""#))
        let shorn = await fixture.hub.detail(.node("a"), withCharts: false, showsCommandLines: false).map { String(buffer: $0) }.joined()
        #expect(shorn.contains(#""comm":"c201""#) && !shorn.contains("the busiest"), "whoever may only look on sees no arguments")
        await follower.leave()
    }

    @Test("A process that has ended is none of its node's, although its last row is in the newest tick")
    func ended() async throws {
        let columns = ["container_id", "pid", "start_us", "comm", "cpu_percent", "state"]
        let fixture = HubFixture(columns: [.process: FrameRows.Columns(columns), .host: FrameRows.Columns(["cpu_percent"])])
        let follower = try await Follower(fixture.hub)
        try await fixture.second(#"{"host":[[1]],"process":[[null,1,1,"there",1,"S"],[null,2,2,"over",99,"X"]]}"#)
        let text = await fixture.hub.detail(.node("a"), withCharts: false).map { String(buffer: $0) }.joined()
        #expect(text.contains(#""comm":"there""#) && !text.contains("over") && text.contains(#""processes_left_out":0"#), "\(text)")
        #expect(fixture.live["a"]?.processes == 1)
        withExtendedLifetime(follower) {}
    }
}
