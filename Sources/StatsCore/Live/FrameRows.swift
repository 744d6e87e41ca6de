/// The rows of one tick as its frame carried them: nothing is copied out of them before somebody asks.
package struct FrameRows: Sendable {
    /// What the cells of a table's rows mean, as the agent that sends them named them.
    package struct Columns: Sendable {
        package let names: [String]
        fileprivate let indices: [String: Int]

        package init(_ names: [String]) {
            self.names = names
            indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// Where a column's cell stands in a row; `nil` when the sender has no such column.
        package func place(_ name: String) -> Int? { indices[name] }
    }

    /// Of the tables that a sender of this catalogue sends.
    package static let columns = Dictionary(uniqueKeysWithValues: Catalogue.tables.map { ($0.id, Columns($0.columns.map(\.name))) })

    /// The instant of the tick, in microseconds since 1970 of the collector's clock.
    package let time: Int64
    private let bytes: [UInt8]
    /// Where the array of a table's rows stands in the bytes.
    private let tables: [TableID: Range<Int>]
    private let columns: [TableID: Columns]

    /// - Parameters:
    ///   - tick: parsed from `frame`, and therefore validated.
    ///   - columns: of each table that the sender announced; rows of others are left out.
    package init(_ tick: TickFrame, frame: RawSpan, columns: [TableID: Columns]) {
        time = tick.header.time
        self.columns = columns
        let known = tick.tables.compactMap { table in TableID(name: table.name).map { ($0, table.rows) } }.filter { columns[$0.0] != nil }
        let begin = known.map(\.1.lowerBound).min() ?? 0
        let end = known.map(\.1.upperBound).max() ?? 0
        bytes = frame.extracting(begin..<end).withUnsafeBytes { Array($0) }
        tables = Dictionary(
            known.map { ($0, $1.lowerBound - begin..<$1.upperBound - begin) }, uniquingKeysWith: { first, _ in first })
    }

    /// One row of table event that the collector itself writes.
    package init(event kind: StaticString, message: String, time: Int64) {
        var row = ByteWriter()
        row.append("[[\"")
        row.append(kind)
        row.append("\",")
        row.append(jsonString: message.utf8.span.bytes)
        row.append("]]")
        bytes = row.withUnsafeBytes { Array($0) }
        self.time = time
        tables = [.event: 0..<bytes.count]
        columns = [.event: Columns(["kind", "message"])]
    }

    /// Those rows of one table that `isWanted` chooses, without the bytes of the others.
    package init(_ rows: FrameRows, only table: TableID, where isWanted: (FrameRow) -> Bool) {
        var chosen = ByteWriter(capacity: rows.bytes.count)
        rows.forEachRow(of: table) { row in
            guard isWanted(row) else { return }
            chosen.append(UInt8(ascii: chosen.isEmpty ? "[" : ","))
            row.write(to: &chosen)
        }
        if !chosen.isEmpty { chosen.append(UInt8(ascii: "]")) }
        bytes = chosen.withUnsafeBytes { Array($0) }
        time = rows.time
        tables = bytes.isEmpty ? [:] : [table: 0..<bytes.count]
        columns = rows.columns
    }

    /// No rows at all.
    package init() {
        time = 0
        bytes = []
        tables = [:]
        columns = [:]
    }

    package var byteCount: Int { bytes.count }

    /// Calls `body` with each row of a table, in the order in which they came. A row with more or fewer cells than there are columns is passed over.
    package func forEachRow(of table: TableID, _ body: (FrameRow) -> Void) {
        guard let range = tables[table], let columns = columns[table] else { return }
        let span = bytes.span.bytes
        var cells: [Range<Int>] = []
        cells.reserveCapacity(columns.names.count)
        var rows = JSONScanner(span, at: range.lowerBound)
        rows.elements { row in
            cells.removeAll(keepingCapacity: true)
            var scanner = JSONScanner(span, at: row.lowerBound)
            scanner.elements { cells.append($0) }
            guard cells.count == columns.names.count else { return }
            body(FrameRow(bytes: span, cells: cells, columns: columns))
        }
    }

    /// What the cells of a table's rows mean; `nil` for a table that the sender doesn't send.
    package func columns(of table: TableID) -> Columns? { columns[table] }

    package func count(of table: TableID) -> Int {
        var count = 0
        guard let range = tables[table] else { return 0 }
        var rows = JSONScanner(bytes.span.bytes, at: range.lowerBound)
        rows.elements { _ in count += 1 }
        return count
    }
}

/// One row of `FrameRows`. A cell that is empty, absent from the sender's catalogue or of another type is `nil`, never zero.
package struct FrameRow: ~Escapable {
    private let bytes: RawSpan
    private let cells: [Range<Int>]
    private let columns: FrameRows.Columns

    @_lifetime(copy bytes)
    fileprivate init(bytes: RawSpan, cells: [Range<Int>], columns: FrameRows.Columns) {
        self.bytes = bytes
        self.cells = cells
        self.columns = columns
    }

    package var names: [String] { columns.names }

    /// A number, of a whole or a decimal column.
    package func number(_ column: String) -> Double? { number(at: index(column)) }

    /// A whole number that isn't negative, such as a counter.
    package func count(_ column: String) -> UInt64? { count(at: index(column)) }

    package func text(_ column: String) -> String? { text(at: index(column)) }

    /// Whether a cell is this text, which has nothing to escape.
    package func holds(_ text: StaticString, at index: Int?) -> Bool {
        guard let cell = index.map({ cells[$0] }), cell.count >= 2, ByteCursor(bytes).byte(cell.lowerBound) == UInt8(ascii: "\"") else {
            return false
        }
        return ByteCursor(bytes).matches(cell.lowerBound + 1..<cell.upperBound - 1, text)
    }

    /// The whole row as it came.
    fileprivate func write(to out: inout ByteWriter) {
        out.append(UInt8(ascii: "["))
        if let first = cells.first, let last = cells.last { out.append(bytes.extracting(first.lowerBound..<last.upperBound)) }
        out.append(UInt8(ascii: "]"))
    }

    /// Where a column's cell stands; `nil` when the sender has no such column.
    private func index(_ column: String) -> Int? { columns.place(column) }

    package func number(at index: Int?) -> Double? {
        guard let cell = index.map({ cells[$0] }) else { return nil }
        var cursor = ByteCursor(bytes, at: cell.lowerBound)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        guard let magnitude = cursor.fraction() else { return nil }
        if cursor.offset == cell.upperBound { return isNegative ? -magnitude : magnitude }
        // An exponent, which no agent of ours writes.
        return Double(cursor.string(cell))
    }

    package func count(at index: Int?) -> UInt64? {
        guard let cell = index.map({ cells[$0] }) else { return nil }
        var cursor = ByteCursor(bytes, at: cell.lowerBound)
        guard let value = cursor.decimal(), cursor.offset == cell.upperBound else { return nil }
        return value
    }

    package func text(at index: Int?) -> String? {
        guard let cell = index.map({ cells[$0] }), cell.count >= 2, ByteCursor(bytes).byte(cell.lowerBound) == UInt8(ascii: "\"") else {
            return nil
        }
        var out = ByteWriter(capacity: cell.count)
        out.append(unescaping: bytes.extracting(cell.lowerBound + 1..<cell.upperBound - 1))
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the JSON of each cell, in the order of `names`.
    package func forEachCell(_ body: (_ name: String, _ json: RawSpan) -> Void) {
        for (name, cell) in zip(columns.names, cells) {
            if isScalar(cell) { body(name, bytes.extracting(cell)) } else { body(name, Self.null.span.bytes) }
        }
    }

    private static let null = Array("null".utf8)

    /// No table has arrays or objects for cells, whatever an agent sends, and what stands between their brackets may hold line ends. Nor do
    /// numbers have exponents, with which they can be beyond what their reader holds.
    private func isScalar(_ cell: Range<Int>) -> Bool {
        let cursor = ByteCursor(bytes)
        switch cell.isEmpty ? 0 : cursor.byte(cell.lowerBound) {
        case UInt8(ascii: "["), UInt8(ascii: "{"): return false
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return !cell.contains { cursor.byte($0) | 0x20 == UInt8(ascii: "e") }
        default: return true
        }
    }

    /// The JSON of one cell.
    package func bytes(of column: String) -> [UInt8]? {
        index(column).map { cells[$0] }.flatMap { isScalar($0) ? $0 : nil }.map { bytes.extracting($0).withUnsafeBytes { Array($0) } }
    }
}
