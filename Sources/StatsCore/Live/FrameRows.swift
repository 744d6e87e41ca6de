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

    /// How many rows of each table were left out, because there was no room for them.
    package let leftOut: [TableID: Int]
    /// What these rows take, and what they would take with those that were left out.
    package let cost: Int
    package let demand: Int

    /// - Parameters:
    ///   - tick: parsed from `frame`, and therefore validated.
    ///   - columns: of each table that the sender announced; rows of others are left out.
    ///   - room: the most that the rows may cost. The first that has no room is left out with all behind it, in the order of `RowCost`.
    package init(_ tick: TickFrame, frame: RawSpan, columns: [TableID: Columns], room: Int = .max) {
        let known = tick.tables.compactMap { table in TableID(name: table.name).map { ($0, table.rows) } }.filter { columns[$0.0] != nil }
        self.init(frame, Dictionary(known, uniquingKeysWith: { first, _ in first }), columns, time: tick.header.time, room: room)
    }

    /// The first of these rows, as far as there is room for them.
    package func cut(to room: Int) -> FrameRows {
        guard cost > room else { return self }
        let less = FrameRows(bytes.span.bytes, tables, columns, time: time, room: room)
        return FrameRows(
            time: time, bytes: less.bytes, tables: less.tables, columns: columns,
            leftOut: leftOut.merging(less.leftOut, uniquingKeysWith: +),
            cost: less.cost, demand: demand)
    }

    private init(
        time: Int64, bytes: [UInt8], tables: [TableID: Range<Int>], columns: [TableID: Columns], leftOut: [TableID: Int] = [:],
        cost: Int = 0,
        demand: Int = 0
    ) {
        (self.time, self.bytes, self.tables, self.columns) = (time, bytes, tables, columns)
        (self.leftOut, self.cost, self.demand) = (leftOut, cost, demand)
    }

    private init(_ source: RawSpan, _ ranges: [TableID: Range<Int>], _ columns: [TableID: Columns], time: Int64, room: Int) {
        var bytes: [UInt8] = []
        var tables: [TableID: Range<Int>] = [:]
        var leftOut: [TableID: Int] = [:]
        var (cost, demand) = (0, 0)
        var isFull = false
        for table in RowCost.order {
            guard let range = ranges[table] else { continue }
            var rows = JSONScanner(source, at: range.lowerBound)
            // Where the last row ends, and the last one that is kept.
            var (behind, end) = (range.lowerBound, range.lowerBound)
            var left = 0
            while let row = rows.nextElement() {
                // With the space before it, of which there may be any amount.
                let price = RowCost.price(of: row.upperBound - behind, table)
                behind = row.upperBound
                demand += price
                isFull = isFull || cost + price > room
                if isFull {
                    left += 1
                } else {
                    cost += price
                    end = row.upperBound
                }
            }
            if left > 0 { leftOut[table] = left }
            guard end > range.lowerBound else { continue }
            let begin = bytes.count
            source.extracting(range.lowerBound..<end).withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes.append(UInt8(ascii: "]"))
            tables[table] = begin..<bytes.count
        }
        self.init(time: time, bytes: bytes, tables: tables, columns: columns, leftOut: leftOut, cost: cost, demand: demand)
    }

    /// One row of table event that the collector itself writes.
    package init(event kind: StaticString, message: String, time: Int64) {
        var row = ByteWriter()
        row.append("[[\"")
        row.append(kind)
        row.append("\",")
        row.append(jsonString: message.utf8.span.bytes)
        row.append("]]")
        let bytes = row.withUnsafeBytes { Array($0) }
        self.init(time: time, bytes: bytes, tables: [.event: 0..<bytes.count], columns: [.event: Columns(["kind", "message"])])
    }

    /// Those rows of one table that `isWanted` chooses, without the bytes of the others.
    package init(_ rows: FrameRows, only table: TableID, where isWanted: (FrameRow) -> Bool) {
        var chosen = ByteWriter()
        rows.forEachRow(of: table) { row in
            guard isWanted(row) else { return }
            chosen.append(UInt8(ascii: chosen.isEmpty ? "[" : ","))
            row.write(to: &chosen)
        }
        if !chosen.isEmpty { chosen.append(UInt8(ascii: "]")) }
        let bytes = chosen.withUnsafeBytes { Array($0) }
        self.init(time: rows.time, bytes: bytes, tables: bytes.isEmpty ? [:] : [table: 0..<bytes.count], columns: rows.columns)
    }

    /// No rows at all.
    package init() { self.init(time: 0, bytes: [], tables: [:], columns: [:]) }

    package var byteCount: Int { bytes.count }

    /// Calls `body` with each row of a table, in the order in which they came. A row with more or fewer cells than there are columns is passed over.
    package func forEachRow(of table: TableID, _ body: (FrameRow) -> Void) {
        _ = forEachRow(of: table, from: Place()) { row, _ in
            body(row)
            return true
        }
    }

    /// Where a row stands among those of its table.
    package struct Place: Sendable {
        fileprivate var offset = 0
        /// At the first row.
        package init() {}
    }

    /// Calls `body` with rows of a table and the places behind them, until it returns false.
    /// - Returns: where to go on; `nil` behind the last row.
    package func forEachRow(of table: TableID, from place: Place, _ body: (FrameRow, Place) -> Bool) -> Place? {
        guard let range = tables[table], let columns = columns[table] else { return nil }
        let span = bytes.span.bytes
        var cells: [Range<Int>] = []
        cells.reserveCapacity(columns.names.count)
        var place = place
        var rows = JSONScanner(span, at: range.lowerBound + place.offset)
        while let row = rows.nextElement() {
            cells.removeAll(keepingCapacity: true)
            var scanner = JSONScanner(span, at: row.lowerBound)
            scanner.elements { cells.append($0) }
            place.offset = row.upperBound - range.lowerBound
            guard cells.count == columns.names.count else { continue }
            if !body(FrameRow(bytes: span, cells: cells, columns: columns), place) { return place }
        }
        return nil
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

    package var byteCount: Int { cells.last.map { $0.upperBound - cells[0].lowerBound } ?? 0 }

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
