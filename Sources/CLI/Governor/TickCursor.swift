import StatsCore

/// Goes through a table of a run tick by tick, for one node.
struct TickCursor: ~Copyable {
    private var reader: CSVReader
    private let width: Int
    private let slots: [String: Int]
    private let node: String
    private var cells: RowCells
    /// Of the row that is next; `nil` behind the last.
    private(set) var tick: UInt64?
    /// Rows that don't fit their header, or whose tick has passed.
    private(set) var badRows: UInt64 = 0

    /// - Parameter columns: those that are asked for; what the run doesn't have reads as absent.
    /// - Returns: `nil` when the run has no such table.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    static func open(_ run: borrowing RunOnDisk, table: String, columns: [String], node: String) throws -> TickCursor? {
        guard let all = run.tables[table]?.map(\.name), all.contains("tick"), all.contains("node") else { return nil }
        let wanted = (["tick", "node"] + columns).compactMap { name in all.firstIndex(of: name).map { (name, $0) } }.sorted { $0.1 < $1.1 }
        do {
            return try TickCursor(run.reader(of: table), width: all.count, wanted, node: node)
        } catch let error as DiskError where error.isAbsent {
            return nil
        }
    }

    private init(_ reader: consuming CSVReader, width: Int, _ wanted: [(name: String, column: Int)], node: String) throws {
        slots = Dictionary(wanted.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        cells = RowCells(columns: wanted.map(\.column))
        self.reader = reader
        self.width = width
        self.node = node
        _ = try self.reader.advance()
        try step()
    }

    /// Hands out the rows of `tick`, and goes on to the next one.
    mutating func take(_ tick: UInt64, _ body: (borrowing TickRow) -> Void) throws {
        while self.tick == tick {
            body(TickRow(bytes: reader.bytes, cells: cells, slots: slots))
            try step()
        }
    }

    private mutating func step() throws {
        let before = tick
        while try reader.advance() {
            guard reader.fieldCount == width, reader.fault != .noLineFeed else {
                badRows += 1
                continue
            }
            cells.find(in: reader.bytes)
            guard cells.text(slots["node"] ?? 0, of: reader.bytes) == node else { continue }
            guard let number = cells.number(slots["tick"] ?? 0, of: reader.bytes), let next = UInt64(exactly: number), next >= before ?? 0
            else {
                badRows += 1
                continue
            }
            tick = next
            return
        }
        tick = nil
    }
}

/// One row of a `TickCursor`. An empty cell, and a column that the run doesn't have, is `nil`.
struct TickRow: ~Escapable {
    private let bytes: RawSpan
    private let cells: RowCells
    private let slots: [String: Int]

    @_lifetime(copy bytes)
    fileprivate init(bytes: RawSpan, cells: RowCells, slots: [String: Int]) {
        (self.bytes, self.cells, self.slots) = (bytes, cells, slots)
    }

    func number(_ column: String) -> Double? { slots[column].flatMap { cells.number($0, of: bytes) } }
    func count(_ column: String) -> UInt64? { number(column).flatMap { UInt64(exactly: $0.rounded()) } }

    func text(_ column: String) -> String? {
        guard let slot = slots[column] else { return nil }
        let text = cells.text(slot, of: bytes)
        return text.isEmpty ? nil : text
    }
}
