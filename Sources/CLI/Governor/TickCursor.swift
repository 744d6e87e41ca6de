import StatsCore

/// Steps through a table of a run tick by tick, for one node.
struct TickCursor: ~Copyable {
    private var rows: TableCursor
    private let nodeSlot: Int
    private let tickSlot: Int
    private let node: String
    /// The tick of the next row; `nil` after the last row.
    private(set) var tick: UInt64?
    /// Rows whose tick has passed.
    private var lateRows: UInt64 = 0

    /// Rows that don't fit their table, or whose tick has passed.
    var badRows: UInt64 { rows.badRows + lateRows }

    /// - Parameter columns: the wanted columns; one that the run doesn't have reads as absent.
    /// - Returns: `nil` when the run has no such table.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    static func open(_ run: borrowing RunOnDisk, table: String, columns: [String], node: String) throws -> TickCursor? {
        guard let rows = try run.cursor(of: table, ["tick", "node"] + columns) else { return nil }
        guard let tickSlot = rows.columns["tick"], let nodeSlot = rows.columns["node"] else { return nil }
        return try TickCursor(rows, tickSlot: tickSlot, nodeSlot: nodeSlot, node: node)
    }

    private init(_ rows: consuming TableCursor, tickSlot: Int, nodeSlot: Int, node: String) throws {
        self.rows = rows
        (self.tickSlot, self.nodeSlot, self.node) = (tickSlot, nodeSlot, node)
        try step()
    }

    /// Calls `body` with the rows of `tick`, and moves to the next tick.
    mutating func take(_ tick: UInt64, _ body: (borrowing TableRow) -> Void) throws {
        while self.tick == tick {
            body(rows.row)
            try step()
        }
    }

    private mutating func step() throws {
        let before = tick ?? 0
        while try rows.advance() {
            let (isOurs, number) = (rows.row.holds(node, nodeSlot), rows.row.number(tickSlot))
            guard isOurs else { continue }
            if let next = number.flatMap({ UInt64(exactly: $0) }), next >= before {
                tick = next
                return
            }
            lateRows += 1
        }
        tick = nil
    }
}
