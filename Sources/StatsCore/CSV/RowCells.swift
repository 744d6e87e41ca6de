/// Where the cells of some columns are in a row. It allocates nothing for a row.
package struct RowCells: Sendable {
    /// Column numbers from 0, ascending.
    private let columns: [Int]
    /// As many as `columns`.
    private var ranges: [Range<Int>]

    package init(columns: [Int]) {
        self.columns = columns
        ranges = columns.map { _ in 0..<0 }
    }

    /// Finds the cells of a row. A column that the row lacks has an empty cell.
    /// - Parameter isPlain: whether the row is known to hold no quote.
    package mutating func find(in row: RawSpan, isPlain: Bool) {
        if isPlain { findBetweenCommas(row) } else { findAmongQuotes(row) }
    }

    /// Counts commas eight bytes at a time, and looks only for those in front of a cell and behind it.
    private mutating func findBetweenCommas(_ row: RawSpan) {
        guard var column = columns.first else { return }
        var slot = 0
        var begin = 0
        // The cell's begin is known, and its end is looked for.
        var isInside = column == 0
        // Which comma of the row is looked for, from 1, and how many lie before the word.
        var wanted = max(column, 1)
        var passed = 0
        row.withUnsafeBytes { bytes in
            var word = 0
            while word < bytes.count {
                var commas = Self.commas(bytes, at: word)
                var left = commas.nonzeroBitCount
                while passed + left >= wanted {
                    while passed + 1 < wanted {
                        commas &= commas - 1
                        passed += 1
                        left -= 1
                    }
                    let comma = word + commas.trailingZeroBitCount >> 3
                    commas &= commas - 1
                    passed += 1
                    left -= 1
                    if isInside {
                        while slot < columns.count, columns[slot] == column {
                            ranges[slot] = begin..<comma
                            slot += 1
                        }
                        guard slot < columns.count else { return }
                        isInside = columns[slot] == column + 1
                        column = columns[slot]
                        wanted = isInside ? wanted + 1 : column
                    } else {
                        isInside = true
                        wanted += 1
                    }
                    begin = comma + 1
                }
                passed += left
                word += 8
            }
            // The row's end is the end of its last cell. What the row before left lies behind the end of this one.
            while slot < columns.count {
                ranges[slot] = isInside && columns[slot] == column ? begin..<bytes.count : bytes.count..<bytes.count
                slot += 1
            }
        }
    }

    /// - Returns: the highest bit of each byte that is a comma, of the eight from `index` on.
    @inline(__always) private static func commas(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        var word: UInt64 = 0
        if index + 8 <= bytes.count {
            word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        } else {
            for place in index..<bytes.count { word |= UInt64(bytes[place]) << UInt64(8 * (place - index)) }
        }
        let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        // Zero where there is a comma. A byte's lower seven bits and 0x7f have a carry into the eighth unless they are zero.
        let other = word ^ 0x2c2c_2c2c_2c2c_2c2c
        return ~(((other & low) + low) | other | low)
    }

    /// As in `CSVRowShape`, a quotation begins with a quote at a field's begin; in a field that has begun otherwise a quote is text.
    private mutating func findAmongQuotes(_ row: RawSpan) {
        var slot = 0
        var column = 0
        var start = 0
        var isQuoted = false
        var quotationEnd = -1
        row.withUnsafeBytes { bytes in
            for index in 0...bytes.count {
                let byte = index < bytes.count ? bytes[index] : UInt8(ascii: ",")
                // Of two quotes in a quotation, which stand for one, the first ends it and the second begins it again.
                if byte == UInt8(ascii: "\""), isQuoted || index == start || index == quotationEnd {
                    isQuoted.toggle()
                    quotationEnd = index + 1
                }
                guard byte == UInt8(ascii: ","), !isQuoted || index == bytes.count else { continue }
                while slot < columns.count, columns[slot] == column {
                    ranges[slot] = start..<index
                    slot += 1
                }
                if slot == columns.count { return }
                column += 1
                start = index + 1
            }
            // What is left of the row before may lie behind the end of this one.
            while slot < columns.count {
                ranges[slot] = bytes.count..<bytes.count
                slot += 1
            }
        }
    }

    /// The bytes of a cell as they stand in the file.
    @_lifetime(borrow row)
    package func bytes(_ slot: Int, of row: borrowing RawSpan) -> RawSpan { row.extracting(ranges[slot]) }

    /// A cell's text, unquoted.
    package func text(_ slot: Int, of row: borrowing RawSpan) -> String { CSVDialect.fields(of: row.extracting(ranges[slot])).first ?? "" }

    /// Whether a cell is this text, which is absent when it is empty.
    package func holds(_ text: String, _ slot: Int, of row: borrowing RawSpan) -> Bool {
        // Nearly all cells stand as they are meant.
        let (isPlain, isEqual) = row.extracting(ranges[slot]).withUnsafeBytes { cell in
            (cell.first != CSVDialect.quote && cell.first != FormulaGuard.mark, cell.elementsEqual(text.utf8))
        }
        return isPlain ? isEqual : self.text(slot, of: row) == text
    }

    /// A cell's number; `nil` for an empty cell and for text.
    package func number(_ slot: Int, of row: borrowing RawSpan) -> Double? {
        let range = ranges[slot]
        guard !range.isEmpty else { return nil }
        return row.withUnsafeBytes { bytes in
            var digits: UInt64 = 0
            var scale = 1.0
            var isFraction = false
            var index = range.lowerBound
            let isNegative = bytes[index] == UInt8(ascii: "-")
            if isNegative { index += 1 }
            // Beyond 18 digits they would not fit; beyond them, or with an exponent, the library reads it.
            guard range.upperBound - index < 19, index < range.upperBound else { return slow(bytes, range) }
            while index < range.upperBound {
                let digit = bytes[index] &- UInt8(ascii: "0")
                if digit < 10 {
                    digits = digits &* 10 &+ UInt64(digit)
                    if isFraction { scale *= 10 }
                } else if bytes[index] == UInt8(ascii: "."), !isFraction {
                    isFraction = true
                } else {
                    return slow(bytes, range)
                }
                index += 1
            }
            return (isNegative ? -1 : 1) * Double(digits) / scale
        }
    }

    /// A cell's whole number that isn't negative; `nil` for anything else.
    package func count(_ slot: Int, of row: borrowing RawSpan) -> UInt64? {
        let cell = row.extracting(ranges[slot])
        guard cell.byteCount > 0, cell.unsafeLoad(fromByteOffset: 0, as: UInt8.self) &- UInt8(ascii: "0") < 10 else { return nil }
        var cursor = ByteCursor(cell)
        let number = cursor.decimal()
        return cursor.isAtEnd ? number : nil
    }

    private func slow(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Double? {
        Double(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }
}
