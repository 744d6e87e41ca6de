import StatsCore

/// One row of table event, as the stream tells it.
struct EventRow: Sendable {
    private static let columns = ["kind", "container_id", "container", "pid", "exit_code", "message", "detail"]

    private let node: String
    /// In microseconds since 1970.
    private let time: Int64
    private let level: LiveLevel
    /// By column, as it came.
    private let cells: [(column: String, json: [UInt8])]

    /// - Returns: `nil` for a process that was seen: those are as many as there are processes.
    fileprivate init?(_ row: borrowing FrameRow, time: Int64, node: String) {
        let kind = row.text("kind")
        if kind == "process" { return nil }
        self.node = node
        self.time = time
        level = LiveLevel(ofEvent: kind, result: kind == "action" ? Self.result(row.text("detail")) : nil)
        var cells: [(column: String, json: [UInt8])] = []
        for column in Self.columns {
            if let json = row.bytes(of: column) { cells.append((column, json)) }
        }
        self.cells = cells
    }

    /// How a governor's decision ended, from the JSON that tells all of it; it may come from anywhere.
    private static func result(_ detail: String?) -> String? {
        guard let bytes = detail.map({ Array($0.utf8) }), (try? JSONScanner.validate(bytes.span.bytes)) != nil else { return nil }
        var result: String?
        let span = bytes.span.bytes
        var scanner = JSONScanner(span, at: 0)
        scanner.members { key, value in
            guard ByteCursor(span).string(key) == "result", value.count >= 2 else { return }
            result = ByteCursor(span).string(value.lowerBound + 1..<value.upperBound - 1)
        }
        return result
    }

    /// About what it takes.
    fileprivate var byteCount: Int { cells.reduce(200) { $0 + $1.json.count + 50 } }

    func write(to out: inout ByteWriter) {
        out.append("{\"time\":\"")
        Timestamp.append(time, to: &out)
        out.append("\",\"node\":")
        out.append(jsonString: node.utf8.span.bytes)
        out.append(",\"level\":\"")
        out.append(Array(level.rawValue.utf8))
        out.append("\"")
        for (column, json) in cells {
            out.append(",\"\(column)\":".utf8.span.bytes)
            out.append(json)
        }
        out.append(UInt8(ascii: "}"))
    }
}

/// The last events, oldest first, for those who come later.
struct RecentEvents: Sendable {
    /// How many events a newcomer is told.
    private static let limit = 100
    private static let bytesLimit = 1 << 20

    private(set) var rows: [EventRow] = []

    /// Takes over what is new, and returns it as rows.
    mutating func take(_ events: [EventBacklog.Events]) -> [EventRow] {
        var new: [EventRow] = []
        for events in events {
            events.rows.forEachRow(of: .event) { row in
                if let event = EventRow(row, time: events.rows.time, node: events.node) { new.append(event) }
            }
        }
        rows = (rows + new).suffix(Self.limit)
        var bytes = rows.reduce(0) { $0 + $1.byteCount }
        while bytes > Self.bytesLimit { bytes -= rows.removeFirst().byteCount }
        return new
    }
}
