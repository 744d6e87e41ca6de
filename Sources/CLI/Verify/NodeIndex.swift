import StatsCore

/// Finds a run's nodes by the bytes of a cell, without an allocation for a row.
struct NodeIndex {
    private let indices: [String: Int]
    /// By node: its name as the file has it.
    private let cells: [[UInt8]]
    /// Open addressing: the node, or -1. At most half of them are taken.
    private var slots: [Int32]

    init(_ nodes: [String]) {
        indices = Dictionary(nodes.enumerated().map { ($1, $0) }) { first, _ in first }
        cells = nodes.map { node in
            var cell = ByteWriter(capacity: 64)
            cell.append(csvField: node)
            return cell.bytes.withUnsafeBytes { Array($0) }
        }
        var size = 16
        while size < 2 * nodes.count { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for (node, cell) in cells.enumerated() {
            var slot = Int(truncatingIfNeeded: ByteHash.of(cell.span.bytes)) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(node)
        }
    }

    func index(of name: String) -> Int? { indices[name] }

    /// Whether a cell is the name of this node, as a file has it.
    func isText(_ cell: RawSpan, of node: Int) -> Bool {
        guard node >= 0 else { return false }
        let name = cells[node]
        return cell.equals(name.span.bytes)
    }

    /// - Parameter cell: without quotes.
    func index(ofCell cell: RawSpan) -> Int? {
        var slot = Int(truncatingIfNeeded: ByteHash.of(cell)) & (slots.count - 1)
        while slots[slot] >= 0 {
            if isText(cell, of: Int(slots[slot])) { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        // Somebody may have written the name otherwise than Sonde does.
        return indices[FormulaGuard.strip(cell.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })]
    }
}
