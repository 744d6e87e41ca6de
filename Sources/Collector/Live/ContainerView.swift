import StatsCore

/// One container's newest values as `GET /containers` tells them, made when somebody asks.
struct ContainerView: Sendable, NamedContainer {
    let id: String
    /// Empty when nobody knows it.
    let name: String
    let node: String
    /// A JSON object: every column by its name, and `id`, `name`, `node`, `net_rx_kb` and `net_tx_kb` besides.
    let json: [UInt8]

    /// All containers of all nodes, by name.
    static func all(_ live: NewestTicks) -> [ContainerView] {
        live.all.flatMap { views(of: $0.value, node: $0.key) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    static func views(of node: NewestTicks.Node, node name: String) -> [ContainerView] {
        var views: [ContainerView] = []
        LiveContainerReader(node.rows, node: name, cores: nil).forEach { views.append(ContainerView($0, $1)) }
        return views
    }

    private init(_ container: LiveContainer, _ row: borrowing FrameRow) {
        id = container.id
        name = container.name ?? ""
        node = container.node
        var out = ByteWriter()
        out.append("{\"id\":")
        out.append(jsonString: id.utf8.span.bytes)
        out.append(",\"name\":")
        // Without an engine nobody knows the name.
        if name.isEmpty { out.append("null") } else { out.append(jsonString: name.utf8.span.bytes) }
        out.append(",\"node\":")
        out.append(jsonString: node.utf8.span.bytes)
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
        out.append(UInt8(ascii: "}"))
        json = out.withUnsafeBytes { Array($0) }
    }
}
