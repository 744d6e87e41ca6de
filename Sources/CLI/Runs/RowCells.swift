/// Where the cells of some columns are in a row. It allocates nothing for a row.
struct RowCells {
    /// Column numbers from 0, ascending.
    private let columns: [Int]
    /// As many as `columns`.
    private var ranges: [Range<Int>]

    init(columns: [Int]) {
        self.columns = columns
        ranges = columns.map { _ in 0..<0 }
    }

    /// Finds the cells of a row that has all the columns.
    mutating func find(in row: RawSpan) {
        var slot = 0
        var column = 0
        var start = 0
        var isQuoted = false
        row.withUnsafeBytes { bytes in
            for index in 0...bytes.count {
                let byte = index < bytes.count ? bytes[index] : UInt8(ascii: ",")
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                guard byte == UInt8(ascii: ","), !isQuoted || index == bytes.count else { continue }
                while slot < columns.count, columns[slot] == column {
                    ranges[slot] = start..<index
                    slot += 1
                }
                if slot == columns.count { return }
                column += 1
                start = index + 1
            }
        }
    }

    /// The bytes of a cell as they stand in the file.
    @_lifetime(borrow row)
    func bytes(_ slot: Int, of row: borrowing RawSpan) -> RawSpan { row.extracting(ranges[slot]) }

    /// A cell's text, unquoted.
    func text(_ slot: Int, of row: borrowing RawSpan) -> String { CSVFields.split(row.extracting(ranges[slot])).first ?? "" }

    /// A cell's number; `nil` for an empty cell and for text.
    func number(_ slot: Int, of row: borrowing RawSpan) -> Double? {
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

    private func slow(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Double? {
        Double(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }
}
