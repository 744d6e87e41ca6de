/// Why a row can't go into a table.
package struct RowFault: Error, Equatable, CustomStringConvertible {
    /// Counted from 0, in the order of the frame.
    package let row: Int
    package let what: String

    package init(row: Int, what: String) {
        self.row = row
        self.what = what
    }

    package var description: String { "row \(row) \(what)" }
}

/// Turns rows of a validated frame into lines of CSV by copying their bytes; no number is read or formatted.
///
/// A cell that is `null` is an absent value. Memory is kept from one frame to the next.
package struct CSVEncoder: ~Copyable, Sendable {
    private var cells: [Range<Int>] = []
    private var text = ByteWriter(capacity: 256)
    /// `time,tick,node`, which all lines of a frame begin with.
    private var prefix = ByteWriter(capacity: 512)
    /// The keys of the table's rows, by their hash.
    private var keys: [Int: Range<Int>] = [:]
    /// How many rows of the frame were left out because a row of the same key stood before them.
    package private(set) var doubled = 0

    package init() { cells.reserveCapacity(128) }

    /// Begins a frame: the instant (µs since 1970) and tick that its rows are of, and the node, empty for the collector's own.
    package mutating func begin(time: Int64, tick: UInt64, node: String) {
        doubled = 0
        prefix.removeAll()
        Timestamp.append(time, to: &prefix)
        prefix.append(CSVDialect.separator)
        prefix.append(decimal: tick)
        prefix.append(CSVDialect.separator)
        if !node.isEmpty { prefix.append(csvField: node) }
    }

    /// Appends the rows of one table, an array of arrays of cells at `range` of the frame. Of rows with the same key it takes the first.
    ///
    /// On an error `out` holds a part of the rows: the caller cuts it back.
    /// - Returns: how many rows were appended.
    package mutating func append(
        _ frame: RawSpan, rows range: Range<Int>, as target: ColumnMap.Target, to out: inout ByteWriter
    ) throws(RowFault) -> Int {
        var row = 0
        var left = 0
        if target.keySource != nil { keys.removeAll(keepingCapacity: true) }
        var index = Self.skipSpace(frame, range.lowerBound + 1)
        while index < range.upperBound, Self.byte(frame, index) != UInt8(ascii: "]") {
            guard Self.byte(frame, index) == UInt8(ascii: "[") else { throw RowFault(row: row, what: "is no array of cells") }
            if target.isInOrder, target.key != .single || row == 0,
                let line = out.writeLine(
                    prefix.bytes, frame, from: index + 1, to: range.upperBound, types: target.types, keyCell: target.keySource)
            {
                if line.key.isEmpty || isNew(frame, key: line.key) { out.keep(line.count) } else { left += 1 }
                row += 1
                index = Self.skipComma(frame, line.end, range.upperBound)
                continue
            }
            index = try split(frame, from: index + 1, to: range.upperBound, row: row)
            guard cells.count == target.width else {
                throw RowFault(row: row, what: "has \(cells.count) cells, where `hello` named \(target.width) columns")
            }
            if target.key == .single, row > 0 { throw RowFault(row: row, what: "is a second one, where a tick has one") }
            if let source = target.keySource, !isNew(frame, key: cells[source]) {
                left += 1
                row += 1
                index = Self.skipComma(frame, index, range.upperBound)
                continue
            }
            out.append(prefix.bytes)
            for column in 0..<target.sources.count {
                out.append(CSVDialect.separator)
                let source = target.sources[column]
                if source >= 0, !append(frame, cell: cells[source], type: target.types[column], to: &out) {
                    throw RowFault(
                        row: row, what: "holds no \(target.columns[column].type.rawValue) in column `\(target.columns[column].name)`")
                }
            }
            out.append(CSVDialect.lineEnd)
            row += 1
            index = Self.skipComma(frame, index, range.upperBound)
        }
        doubled += left
        return row - left
    }

    /// Whether no row of the table before had this key.
    private mutating func isNew(_ frame: RawSpan, key cell: Range<Int>) -> Bool {
        let key = frame.extracting(cell)
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        guard let first = keys[hash] else {
            keys[hash] = cell
            return true
        }
        return !frame.extracting(first).equals(key)
    }

    /// Finds the cells of the row that begins at `start`, behind its bracket.
    /// - Returns: the index behind the closing bracket.
    private mutating func split(_ frame: RawSpan, from start: Int, to end: Int, row: Int) throws(RowFault) -> Int {
        cells.removeAll(keepingCapacity: true)
        var index = Self.skipSpace(frame, start)
        if index < end, Self.byte(frame, index) == UInt8(ascii: "]") { return index + 1 }
        while index < end {
            let first = index
            let byte = Self.byte(frame, index)
            if byte == UInt8(ascii: "\"") {
                index += 1
                while index < end, Self.byte(frame, index) != UInt8(ascii: "\"") {
                    index += Self.byte(frame, index) == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
            } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                throw RowFault(row: row, what: "holds an array or an object as a cell")
            } else {
                while index < end, !Self.endsCell(Self.byte(frame, index)) { index += 1 }
            }
            cells.append(first..<min(index, end))
            index = Self.skipSpace(frame, index)
            guard index < end else { break }
            let next = Self.byte(frame, index)
            if next == UInt8(ascii: "]") { return index + 1 }
            guard next == UInt8(ascii: ",") else { break }
            index = Self.skipSpace(frame, index + 1)
        }
        throw RowFault(row: row, what: "is cut short")
    }

    // MARK: Cells

    /// Appends one cell; false when its value is not of the column's type.
    private mutating func append(_ frame: RawSpan, cell: Range<Int>, type: CellType, to out: inout ByteWriter) -> Bool {
        guard !cell.isEmpty else { return false }
        switch Self.byte(frame, cell.lowerBound) {
        case UInt8(ascii: "n"):
            return true
        case UInt8(ascii: "\""):
            guard type == .text, cell.count >= 2 else { return false }
            appendText(frame, cell.lowerBound + 1..<cell.upperBound - 1, to: &out)
            return true
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard type == .decimal || type == .integer && Self.isWhole(frame, cell) else { return false }
            out.append(frame.extracting(cell))
            return true
        default:
            return false
        }
    }

    private mutating func appendText(_ frame: RawSpan, _ range: Range<Int>, to out: inout ByteWriter) {
        var isPlain = true
        for index in range where Self.byte(frame, index) == UInt8(ascii: "\\") {
            isPlain = false
            break
        }
        if isPlain {
            out.append(csvField: frame.extracting(range))
        } else {
            text.removeAll()
            text.append(unescaping: frame.extracting(range))
            out.append(csvField: text.bytes)
        }
    }

    // MARK: Bytes

    /// Digits only, with at most a minus sign: neither a fraction nor an exponent, and no more than fits in 64 bits.
    private static func isWhole(_ frame: RawSpan, _ cell: Range<Int>) -> Bool {
        let isNegative = byte(frame, cell.lowerBound) == UInt8(ascii: "-")
        let first = isNegative ? cell.lowerBound + 1 : cell.lowerBound
        for index in first..<cell.upperBound where byte(frame, index) &- UInt8(ascii: "0") > 9 { return false }
        guard cell.count > 18 else { return first < cell.upperBound }
        var cursor = ByteCursor(frame, at: first)
        return cursor.decimal().map { !isNegative || $0 <= UInt64(Int64.max) + 1 } ?? false
    }

    @inline(__always) private static func byte(_ bytes: RawSpan, _ index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    @inline(__always) private static func endsCell(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// The index behind the comma between two rows, if there is one.
    private static func skipComma(_ frame: RawSpan, _ start: Int, _ end: Int) -> Int {
        let index = skipSpace(frame, start)
        return index < end && byte(frame, index) == UInt8(ascii: ",") ? skipSpace(frame, index + 1) : index
    }

    @inline(__always) private static func skipSpace(_ bytes: RawSpan, _ start: Int) -> Int {
        var index = start
        while index < bytes.byteCount {
            let byte = byte(bytes, index)
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
            index += 1
        }
        return index
    }
}
