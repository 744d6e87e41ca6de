import StatsCore
import TestSupport
import Testing

@Suite("Fuzz: frames") struct FrameFuzzTests {
    private static let tables = Dictionary(uniqueKeysWithValues: Catalogue.tables.map { ($0.id.name, $0.columns.map(\.name)) })

    /// A tick with two rows of each table, with a number or a text in each cell.
    static let tick: [UInt8] = {
        let rows = Catalogue.tables.map { table in
            let row = table.columns.enumerated().map {
                $1.type == .text ? "\"t\($0)\\u00e9\\n\"" : $1.type == .decimal ? "\($0).5" : "\($0)"
            }
            .joined(separator: ",")
            return "\"\(table.id.name)\":[[\(row)]\(table.id.rowKey == .single ? "" : ",[\(row)]")]"
        }
        return Array(
            """
            {"type":"tick","run":"r","epoch":1,"seq":7,"tick":41,"time":1800000000000000,"begin":1800000000000001,"end":1800000000000002,\
            "late":["host"],"rows":{\(rows.joined(separator: ","))}}
            """.utf8)
    }()

    static let small = Array(
        """
        {"type":"tick","run":"r","epoch":1,"seq":7,"tick":41,"time":1800000000000000,"begin":1,"end":2,"rows":{"cpu":[[0,1,2,3,4,5,6,7,8,9,10,11]],\
        "event":[["kind","c","c1",3,-1,"m","{\\"result\\":\\"done\\"}"]],"disk":[["sda",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]]}}
        """.utf8)

    @Test("Whatever a frame holds, it is read or refused, and so is all that is made of its rows")
    func ticks() async {
        let columns = ColumnMap(tables: Self.tables)
        var encoder = CSVEncoder()
        await Fuzz.run("tick frame", [Self.small, Self.small, Self.tick], count: 400) { one in
            let bytes = one.input.span.bytes
            _ = try FrameEnvelope(bytes)
            let tick = try TickFrame(bytes)
            encoder.begin(time: tick.header.time, tick: tick.header.tick, node: "n")
            for (name, range) in tick.tables {
                guard let target = TableID(name: name).flatMap({ columns[$0] }) else { continue }
                var out = ByteWriter()
                _ = try? encoder.append(bytes, rows: range, as: target, to: &out)
            }
            let rows = FrameRows(tick, frame: bytes, columns: FrameRows.columns)
            let first = NodeReader.read(rows, node: "n", since: nil)
            _ = NodeReader.read(rows, node: "n", since: (first, Rates(microseconds: tick.header.time)))
            let exposition = Exposition([Exposition.Node(name: "n", kernel: nil, rows: rows)], withProcesses: true, limit: 1000) { _ in }
            var text = ByteWriter()
            for piece in 0..<exposition.pieces { exposition.write(piece: piece, to: &text) }
        }
    }

    @Test("Whatever a message holds, it is read or refused")
    func messages() async throws {
        let run = RunOrder(id: "r", name: "test", intervalUs: 1_000_000, t0: 1_800_000_000_000_000, ticks: 60)
        let messages: [any WireMessage] = [
            Challenge(protocols: [1, 1], nonce: "00", version: "1", collector: "c"),
            Hello(
                agent: "a", epoch: 1, node: "n", monitor: "m", version: "1", cpus: 4, memoryBytes: 5, tables: ["host": ["load1"]],
                firstUnacked: 1, nextSeq: 2),
            Welcome(session: "1", last: StreamPosition(epoch: 1, seq: 2), run: run, stop: StopOrder(run: "r", lastTick: 3)), run,
            Gap(run: "r", epoch: 1, seq: 9, firstSeq: 7, from: 3, to: 5, reason: .overrun),
            Ping(t1: 5, offset: 6, error: 7, backlogFrames: 8, backlogBytes: 9),
        ]
        await Fuzz.run("message", try messages.map { try $0.encoded() }, count: 600) { one in
            let bytes = one.input.span.bytes
            func decode(_ type: (some WireMessage).Type) { _ = try? type.init(decoding: bytes) }
            _ = try FrameEnvelope(bytes)
            for type in [Challenge.self, Hello.self, Welcome.self, RunOrder.self, Gap.self, Ping.self] as [any WireMessage.Type] {
                decode(type)
            }
            if let object = try? JSONValue.object(bytes) {
                var out = ByteWriter()
                out.append(.object(object))
                _ = JSONValue.object(object).text
            }
        }
    }
}
