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
    ///
    /// As in `CSVRowShape`, a quotation begins with a quote at a field's begin; in a field that has begun otherwise a quote is text.
    package mutating func find(in row: RawSpan) {
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
