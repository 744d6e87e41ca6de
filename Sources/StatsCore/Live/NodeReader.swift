/// What the rows of one tick say of a node: the values of those of its fields that come from rows.
package struct NodeReading: Sendable {
    /// By the place of the field; unknown for those that come from the agent.
    package fileprivate(set) var values: [LiveValue]
    /// Of each of `NodeReader.parts`.
    fileprivate var parts: [RowReading?]
    /// How many cores it has, which also judges its containers.
    package var cores: Double? { LiveKind.node.place("cores").flatMap { values[$0].number } }

    /// Nothing is known.
    package init() {
        values = Array(repeating: .unknown, count: LiveKind.node.fields.count)
        parts = Array(repeating: nil, count: NodeReader.parts.count)
    }
}

/// Reads a node's values out of the rows of one tick.
package enum NodeReader {
    /// Fields that come out of the rows of one table in the same way.
    fileprivate struct Part: Sendable {
        enum Way: Sendable { case last, sum, fullest }

        let table: TableID
        let way: Way
        let places: [Int]
        let sources: [RowSource]
    }

    fileprivate static let parts: [Part] = [
        part(.host, .last) { if case .row(.host, let source) = $0 { source } else { nil } },
        part(.agent, .last) { if case .row(.agent, let source) = $0 { source } else { nil } },
        part(.disk, .sum) { if case .sum(.disk, let source) = $0 { source } else { nil } },
        part(.network, .sum) { if case .sum(.network, let source) = $0 { source } else { nil } },
        part(.filesystem, .fullest) { if case .fullest(let source) = $0 { source } else { nil } },
    ]

    private static func part(_ table: TableID, _ way: Part.Way, _ source: (NodeSource) -> RowSource?) -> Part {
        let found = LiveKind.node.fields.enumerated().compactMap { place, field in source(field.source).map { (place, $0) } }
        return Part(table: table, way: way, places: found.map(\.0), sources: found.map(\.1))
    }

    /// Where a node's use of its cores stands; who uses most of them is told from a use on.
    private static let cpuPercent = LiveKind.node.place("cpu_percent")

    /// - Parameters:
    ///   - earlier: the reading before and the time since; `nil` for the first one.
    ///   - busyFrom: from how much CPU use of the node on it is looked for who uses most, in percent: that takes a look at each of its processes.
    package static func read(
        _ rows: FrameRows, node: String, since earlier: (reading: NodeReading, rates: Rates)?, busyFrom: Double = 0
    ) -> NodeReading {
        var reading = NodeReading()
        for (place, field) in LiveKind.node.fields.enumerated() {
            guard case .rows(let table) = field.source else { continue }
            let count = rows.count(of: table)
            if count > 0 { reading.values[place] = .number(Double(count)) }
        }
        for (index, part) in parts.enumerated() {
            let reader = RowReader(part.sources, columns: rows.columns(of: part.table))
            guard var found = read(part, reader, rows, node) else { continue }
            if let earlier, let old = earlier.reading.parts[index] { reader.derive(&found, since: old, earlier.rates) }
            for (place, value) in zip(part.places, found.values) { reading.values[place] = value }
            reading.parts[index] = found
        }
        if cpuPercent.flatMap({ reading.values[$0].number }) ?? 0 >= busyFrom, let use = BusiestUse(rows) {
            for (place, field) in LiveKind.node.fields.enumerated() {
                if case .busiest(let value) = field.source { reading.values[place] = value(use) }
            }
        }
        return reading
    }

    private static func read(_ part: Part, _ reader: RowReader, _ rows: FrameRows, _ node: String) -> RowReading? {
        var found: RowReading?
        let names = rows.columns(of: part.table)
        let name = names?.place("device") ?? names?.place("interface")
        let devices = part.table == .disk ? self.names(rows, of: part.table, at: name) : []
        let fullness = part.sources.firstIndex { if case .fullness = $0 { true } else { false } }
        rows.forEachRow(of: part.table) { row in
            if part.way == .sum, let device = row.text(at: name), Devices.isStacked(device) || Devices.isPartition(device, of: devices) {
                return
            }
            let next = reader.read(row, node: node)
            switch part.way {
            case .last: found = next
            case .sum: if found?.add(next) == nil { found = next }
            case .fullest:
                guard let fullness, let used = next.values[fullness].number else { return }
                if used > found?.values[fullness].number ?? -1 { found = next }
            }
        }
        return found
    }

    private static func names(_ rows: FrameRows, of table: TableID, at place: Int?) -> Set<String> {
        var names: Set<String> = []
        rows.forEachRow(of: table) { row in if let name = row.text(at: place) { names.insert(name) } }
        return names
    }

    /// A node's values of all fields.
    package static func object(_ facts: NodeFacts, _ reading: NodeReading, interval: Double?) -> LiveObject {
        var values = reading.values
        for (place, field) in LiveKind.node.fields.enumerated() {
            if case .agent(let value) = field.source { values[place] = value(facts) }
        }
        return LiveObject(values, .node, in: LiveSurroundings(cores: reading.cores, interval: interval))
    }
}
