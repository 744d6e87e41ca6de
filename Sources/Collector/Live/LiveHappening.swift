import StatsCore

/// One row of table event, as the stream tells it.
struct LiveHappening: Sendable {
    private static let columns = ["kind", "container_id", "container", "pid", "exit_code", "message", "detail"]

    private let node: String
    /// In microseconds since 1970.
    private let time: Int64
    /// By column, as it came.
    private let cells: [(column: String, json: [UInt8])]

    /// - Returns: `nil` for a process that was seen: those are as many as there are processes.
    private init?(_ row: LiveRow, time: Int64, node: String) {
        if row.text("kind") == "process" { return nil }
        self.node = node
        self.time = time
        cells = Self.columns.compactMap { column in row.bytes(of: column).map { (column, $0) } }
    }

    static func all(in happened: LiveStore.Happened) -> [LiveHappening] {
        var all: [LiveHappening] = []
        happened.rows.forEachRow(of: .event) { row in
            if let one = LiveHappening(row, time: happened.rows.time, node: happened.node) { all.append(one) }
        }
        return all
    }

    func write(to out: inout ByteWriter) {
        out.append("{\"time\":\"")
        Timestamp.append(time, to: &out)
        out.append("\",\"node\":")
        out.append(jsonString: node.utf8.span.bytes)
        for (column, json) in cells {
            out.append(",\"\(column)\":".utf8.span.bytes)
            out.append(json)
        }
        out.append(UInt8(ascii: "}"))
    }
}
