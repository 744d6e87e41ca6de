import StatsCore

/// Which container a row is of, and its newest values as `GET /containers` tells them.
struct ContainerView: Sendable, NamedContainer {
    let id: String
    /// Empty when nobody knows it.
    let name: String
    let node: String
    private let place: FrameRows.Place

    /// All containers of all nodes, by name.
    static func all(_ nodes: [String: LiveNode]) -> [ContainerView] {
        nodes.flatMap { views(of: $0.value.rows, node: $0.key) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The containers of one node, as they came.
    static func views(of rows: FrameRows, node: String) -> [ContainerView] {
        var views: [ContainerView] = []
        var before = FrameRows.Place()
        _ = rows.forEachRow(of: .container, from: before) { row, behind in
            if let view = ContainerView(row, node: node, at: before) { views.append(view) }
            before = behind
            return true
        }
        return views
    }

    /// - Returns: `nil` for a row without an id.
    private init?(_ row: borrowing FrameRow, node: String, at place: FrameRows.Place) {
        guard let id = row.text("container_id") else { return nil }
        (self.id, self.node, self.place) = (id, node, place)
        name = row.text("container") ?? ""
    }

    /// Calls `body` with its row.
    func withRow(_ rows: FrameRows, _ body: (FrameRow) -> Void) {
        _ = rows.forEachRow(of: .container, from: place) { row, _ in
            body(row)
            return false
        }
    }

    /// Appends a JSON object: every column by its name, and `id`, `name`, `node`, `net_rx_kb` and `net_tx_kb` besides.
    /// - Parameter rows: those in which it was found.
    func write(_ rows: FrameRows, to out: inout ByteWriter) {
        out.append("{\"id\":")
        out.append(jsonString: id.utf8.span.bytes)
        out.append(",\"name\":")
        // Without an engine nobody knows the name.
        if name.isEmpty { out.append("null") } else { out.append(jsonString: name.utf8.span.bytes) }
        out.append(",\"node\":")
        out.append(jsonString: node.utf8.span.bytes)
        withRow(rows) { row in
            for (key, column) in [("net_rx_kb", "rx_bytes"), ("net_tx_kb", "tx_bytes")] {
                out.append(",\"\(key)\":".utf8.span.bytes)
                if let count = row.count(column) { out.append(decimal: Double(count) / 1024) } else { out.append("null") }
            }
            row.forEachCell { column, cell in
                guard column != "id", column != "name", column != "node" else { return }
                out.append(UInt8(ascii: ","))
                out.append(jsonString: column.utf8.span.bytes)
                out.append(UInt8(ascii: ":"))
                out.append(cell)
            }
        }
        out.append(UInt8(ascii: "}"))
    }
}
