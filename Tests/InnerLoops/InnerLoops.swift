import StatsCore

/// Runs one inner loop of the collector so many times, for valgrind to count its instructions: `InnerLoops frame 100`. See Tests/Lab/instructions.sh.
@main struct InnerLoops {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if [4, 5].contains(arguments.count), arguments[1] == "remote-write", let seconds = Int(arguments[3]) {
            return try await RemoteWriteLoop.run(to: arguments[2], seconds: seconds, protocol: arguments.count == 5 ? arguments[4] : "1.0")
        }
        if arguments.count == 3, arguments[1] == "queue" { return try QueueLoop.run(in: arguments[2]) }
        guard arguments.count == 3, let loop = loops[arguments[1]], let count = Int(arguments[2]) else {
            print("usage: \(arguments[0]) \(loops.keys.sorted().joined(separator: "|")) COUNT")
            return
        }
        try loop(count)
    }

    private static let loops: [String: @Sendable (Int) throws -> Void] = [
        "frame": { try store(small, $0) },
        "large-frame": { try store(large, $0) },
        "ping": { try answer($0) },
        "queue-speed": { try QueueLoop.measure($0) },
        "remote-write-speed": { try RemoteWriteLoop.measure($0) },
        "row": { try read($0) },
    ]

    /// A small host, and one with 30 containers and their processes.
    private static let small = Frame(rows: [.host: 1, .cpu: 1, .disk: 2, .filesystem: 2, .network: 2, .process: 1, .agent: 1])
    static let large = Frame(
        rows: [.host: 1, .cpu: 4, .disk: 4, .filesystem: 4, .network: 4, .container: 30, .process: 210, .agent: 1])

    /// A tick is checked and becomes lines of CSV, as on a session's event loop.
    private static func store(_ frame: Frame, _ count: Int) throws {
        var encoder = CSVEncoder()
        var out = ByteWriter(capacity: 1 << 20)
        for _ in 0..<count {
            guard let tick = TickFrame(plain: frame.bytes.span.bytes) else { throw Failure(what: "the frame is not plain") }
            out.removeAll()
            encoder.begin(time: tick.header.time, tick: tick.header.tick, node: "node-1")
            for (name, range) in tick.tables {
                guard let table = TableID(name: name), let target = ColumnMap.identity[table] else { throw Failure(what: name) }
                _ = try encoder.append(frame.bytes.span.bytes, rows: range, as: target, to: &out)
            }
        }
        print("\(frame.values) values, \(out.count) bytes of CSV")
    }

    /// A ping is read and answered, and a frame acknowledged.
    private static func answer(_ count: Int) throws {
        let bytes = Array(#"{"type":"ping","t1":1764152461000123,"offset":-120,"error":85,"backlog_frames":1,"backlog_bytes":2048}"#.utf8)
        var out = ByteWriter(capacity: 1024)
        for _ in 0..<count {
            guard let ping = Ping(plain: bytes.span.bytes) else { throw Failure(what: "the ping is not plain") }
            out.removeAll()
            out.write(Pong(t1: ping.t1, t2: ping.t1 + 40, t3: ping.t1 + 45))
            out.write(Ack(epoch: 1, seq: 86_400))
        }
    }

    /// A row of a file is found, counted and taken apart, as by `verify`, a report, or an export.
    private static func read(_ count: Int) throws {
        guard let target = ColumnMap.identity[.process] else { throw Failure(what: "process") }
        var cells = RowCells(columns: [1, 2, 5, target.columns.count])
        let row = Array((0..<target.columns.count + 3).map { "\($0)234567" }.joined(separator: ",").utf8)
        var sum = 0.0
        for _ in 0..<count {
            cells.find(in: row.span.bytes, isPlain: true)
            sum += cells.number(3, of: row.span.bytes) ?? 0
        }
        print("\(row.count) bytes, \(sum)")
    }
}

struct Failure: Error { let what: String }

/// A tick as an agent writes it.
struct Frame: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var values = 0
    /// Where the digits of its instant stand.
    private var instant = 0..<0

    init(rows: KeyValuePairs<TableID, Int>) {
        var tables: [String] = []
        for (table, count) in rows {
            let columns = ColumnMap.identity[table]?.columns ?? []
            let texts = (0..<count).map { row in "[\(columns.map { Self.cell($0, row) }.joined(separator: ","))]" }
            tables.append("\"\(table.name)\":[\(texts.joined(separator: ","))]")
            values += count * columns.count
        }
        let header = #"{"type":"tick","run":"run-1","epoch":1,"seq":1,"tick":7"#
        let times = #""time":1764152461000000,"begin":1764152461000100,"end":1764152461000900"#
        instant = header.utf8.count + 8..<header.utf8.count + 24
        bytes = Array("\(header),\(times),\"rows\":{\(tables.joined(separator: ","))}}".utf8)
    }

    /// The same at another instant, which has 16 digits, too.
    func at(_ time: Int64) -> Frame {
        var other = self
        other.bytes.replaceSubrange(instant, with: "\(time)".utf8)
        return other
    }

    private static func cell(_ column: Column, _ row: Int) -> String {
        switch column.type {
        case .integer: "\(1_234_567 + row)"
        case .decimal: "12.\(row)"
        case .text: "\"\(column.name)-\(row)\""
        }
    }
}
