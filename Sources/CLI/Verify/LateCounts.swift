import StatsCore

/// In how many ticks of each node the rows of a source are missing, as the rows of the table `agent` say. It costs a row no allocation.
struct LateCounts {
    private let sources: [String]
    private var cells: RowCells
    /// By node, and then by source.
    private var counts: [UInt64]
    /// Whether a row of the node has said something of the source.
    private var isKnown: [Bool]

    /// - Parameter header: the columns of the table `agent`, of which those that end in `_late` count; empty for another table.
    init(header: [String], nodes: Int) {
        let columns = header.enumerated().filter { $0.element.hasSuffix("_late") }
        sources = columns.map { String($0.element.dropLast("_late".count)) }
        cells = RowCells(columns: columns.map(\.offset))
        counts = Array(repeating: 0, count: nodes * columns.count)
        isKnown = Array(repeating: false, count: nodes * columns.count)
    }

    mutating func note(_ row: RawSpan, isPlain: Bool, of node: Int) {
        guard !sources.isEmpty else { return }
        cells.find(in: row, isPlain: isPlain)
        for slot in sources.indices {
            guard let value = cells.count(slot, of: row) else { continue }
            let place = node * sources.count + slot
            isKnown[place] = true
            counts[place] += min(value, 1)
        }
    }

    /// By source; `nil` when no row of the node has said anything.
    func counts(of node: Int) -> [String: UInt64]? {
        let places = sources.indices.filter { isKnown[node * sources.count + $0] }
        guard !places.isEmpty else { return nil }
        return Dictionary(uniqueKeysWithValues: places.map { (sources[$0], counts[node * sources.count + $0]) })
    }
}
