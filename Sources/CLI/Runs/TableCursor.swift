import StatsCore

/// Goes through the rows of one table of a run, reading some of its columns. It allocates nothing for a row.
struct TableCursor: ~Copyable {
    let columns: TableColumns
    private var reader: CSVReader
    private var cells: RowCells
    private(set) var rows: UInt64 = 0
    /// Rows that were passed over because they don't fit the table's columns, or are cut off.
    private(set) var badRows: UInt64 = 0

    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    init(_ reader: consuming CSVReader, _ columns: TableColumns) throws {
        cells = RowCells(columns: columns.numbers)
        self.columns = columns
        self.reader = reader
        // The first row names the columns.
        _ = try self.reader.advance()
    }

    /// Goes on to the next row that fits; false behind the last.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    mutating func advance() throws -> Bool {
        while try reader.advance() {
            rows += 1
            if reader.fieldCount == columns.width, reader.fault != .noLineFeed {
                cells.find(in: reader.bytes, isPlain: reader.isPlain)
                return true
            }
            badRows += 1
        }
        return false
    }

    /// The row that the cursor stands on.
    var row: TableRow {
        @_lifetime(borrow self)
        borrowing get { TableRow(bytes: reader.bytes, cells: cells, columns: columns) }
    }
}

/// One row of a table. A cell that is empty, and one of a column that is not read, is `nil`.
struct TableRow: ~Escapable {
    private let bytes: RawSpan
    private let cells: RowCells
    private let columns: TableColumns

    @_lifetime(copy bytes)
    fileprivate init(bytes: RawSpan, cells: RowCells, columns: TableColumns) {
        (self.bytes, self.cells, self.columns) = (bytes, cells, columns)
    }

    // MARK: By slot

    func number(_ slot: Int) -> Double? { cells.number(slot, of: bytes) }

    /// An empty text for an empty cell.
    func text(_ slot: Int) -> String { cells.text(slot, of: bytes) }

    /// Whether a cell is this text, which is looked at where it stands.
    func holds(_ text: String, _ slot: Int) -> Bool { cells.holds(text, slot, of: bytes) }

    /// Whether a cell begins with this text, as it stands in the file.
    func begins(_ text: StaticString, _ slot: Int) -> Bool {
        cells.bytes(slot, of: bytes).withUnsafeBytes { cell in
            text.withUTF8Buffer { cell.count >= $0.count && cell.prefix($0.count).elementsEqual($0) }
        }
    }

    /// Appends a cell as it stands in the file, quotes and all: enough to tell things from each other.
    func append(_ slot: Int, to key: inout [UInt8]) { cells.bytes(slot, of: bytes).withUnsafeBytes { key.append(contentsOf: $0) } }

    /// Makes a key of several cells.
    func makeKey(_ slots: [Int], _ key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        for slot in slots {
            // No text has this byte.
            key.append(0xff)
            append(slot, to: &key)
        }
    }

    // MARK: By name

    func number(_ column: String) -> Double? { columns[column].flatMap { number($0) } }

    func count(_ column: String) -> UInt64? { columns[column].flatMap { cells.count($0, of: bytes) } }

    func text(_ column: String) -> String? {
        guard let slot = columns[column] else { return nil }
        let text = text(slot)
        return text.isEmpty ? nil : text
    }

    /// Takes a cell's text over unless it is empty; one that says the same as the row before is only looked at.
    func update(_ known: inout String?, from column: String) {
        guard let slot = columns[column], !holds(known ?? "", slot) else { return }
        known = text(column) ?? known
    }

    /// When the row's counters were read, and in which life of their container.
    /// - Parameter instant: of the row's tick, in microseconds since t0.
    func mark(at instant: Int64) -> SampleMark {
        SampleMark(
            tick: instant, age: columns.sampleAge.flatMap { number($0) }, started: columns.started.flatMap { cells.count($0, of: bytes) })
    }
}
