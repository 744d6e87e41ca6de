import StatsCore

/// One container's newest values, made from its row when somebody asks.
struct ContainerView: Sendable {
    let id: String
    let name: String
    let node: String
    /// A JSON object: every column by its name, and `id`, `name`, `node`, `net_rx_kb` and `net_tx_kb` besides.
    let json: [UInt8]

    /// All containers of all nodes, by name.
    static func all(_ live: LiveStore) -> [ContainerView] {
        live.all.flatMap { views(of: $0.value, node: $0.key) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    static func views(of node: LiveStore.Node, node name: String) -> [ContainerView] {
        let bytes = node.containerRows.span.bytes
        var views: [ContainerView] = []
        var rows = JSONScanner(bytes)
        rows.elements { row in
            var cells: [Range<Int>] = []
            var scanner = JSONScanner(bytes, at: row.lowerBound)
            scanner.elements { cells.append($0) }
            if let view = ContainerView(bytes, cells: cells, columns: node.containerColumns, node: name) { views.append(view) }
        }
        return views
    }

    private init?(_ bytes: RawSpan, cells: [Range<Int>], columns: [String], node: String) {
        guard cells.count == columns.count else { return nil }
        func cell(_ column: String) -> Range<Int>? { columns.firstIndex(of: column).map { cells[$0] } }
        guard let id = cell("container_id").flatMap({ Self.text(bytes, $0) }) else { return nil }
        self.id = id
        name = cell("container").flatMap { Self.text(bytes, $0) } ?? ""
        self.node = node
        var out = ByteWriter()
        out.append("{\"id\":")
        out.append(jsonString: id.utf8.span.bytes)
        out.append(",\"name\":")
        // Without an engine nobody knows the name.
        if name.isEmpty { out.append("null") } else { out.append(jsonString: name.utf8.span.bytes) }
        out.append(",\"node\":")
        out.append(jsonString: node.utf8.span.bytes)
        for (key, source) in [("net_rx_kb", "rx_bytes"), ("net_tx_kb", "tx_bytes")] {
            var cursor = ByteCursor(bytes, at: cell(source)?.lowerBound ?? bytes.byteCount)
            out.append(",\"\(key)\":".utf8.span.bytes)
            if let count = cursor.decimal() { out.append(decimal: Double(count) / 1024) } else { out.append("null") }
        }
        for (column, cell) in zip(columns, cells) where column != "id" && column != "name" && column != "node" {
            out.append(UInt8(ascii: ","))
            out.append(jsonString: column.utf8.span.bytes)
            out.append(UInt8(ascii: ":"))
            out.append(bytes.extracting(cell))
        }
        out.append(UInt8(ascii: "}"))
        json = out.withUnsafeBytes { Array($0) }
    }

    private static func text(_ bytes: RawSpan, _ cell: Range<Int>) -> String? {
        guard cell.count >= 2, ByteCursor(bytes).byte(cell.lowerBound) == UInt8(ascii: "\"") else { return nil }
        var out = ByteWriter(capacity: cell.count)
        out.append(unescaping: bytes.extracting(cell.lowerBound + 1..<cell.upperBound - 1))
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
