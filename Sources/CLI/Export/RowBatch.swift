import StatsCore

// As in `CSVDialect` and `FormulaGuard`; known here, so that no byte costs a call into another module.
private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let apostrophe = UInt8(ascii: "'")

/// Rows of a table as columns of values in memory: as many as one row group of a Parquet file has.
///
/// A row is parsed in one pass over its bytes, and nothing is allocated for it.
final class RowBatch {
    /// Of texts, in bytes, that a batch has at most before it is written.
    private static let textLimit = 32 << 20

    let kinds: [ParquetColumn.Kind]
    /// How many rows fit.
    let capacity: Int
    private(set) var rows = 0
    /// Those of a column stand together. Neighbouring columns don't begin at the same place of a cache.
    private let stride: Int
    private let values: UnsafeMutablePointer<UInt64>
    private let present: UnsafeMutablePointer<UInt8>
    /// For each column of texts its dictionary.
    private let texts: [TextDictionary?]
    /// Of all distinct texts.
    private var textBytes = 0
    private let width: Int
    private let cellEnds: UnsafeMutablePointer<Int>
    private var scratch: [UInt8] = []
    private var instant = InstantMemo()

    /// - Parameter added: columns of doubles behind those of the cells, which the caller sets.
    init(_ kinds: [ParquetColumn.Kind], added: Int, capacity: Int) {
        self.kinds = kinds + [ParquetColumn.Kind](repeating: .double, count: added)
        self.capacity = capacity
        stride = capacity + 72
        values = .allocate(capacity: self.kinds.count * stride)
        present = .allocate(capacity: self.kinds.count * stride)
        texts = self.kinds.map { $0 == .text ? TextDictionary() : nil }
        width = kinds.count
        cellEnds = .allocate(capacity: max(1, width))
    }

    deinit {
        values.deallocate()
        present.deallocate()
        cellEnds.deallocate()
    }

    var isFull: Bool { rows == capacity || textBytes > Self.textLimit }

    func removeAll() {
        (rows, textBytes) = (0, 0)
        for dictionary in texts { dictionary?.removeAll() }
    }

    /// All values of a column.
    func column(_ number: Int) -> ParquetValues {
        ParquetValues(values: values + number * stride, present: present + number * stride, rows: rows, texts: texts[number])
    }

    // MARK: The newest row

    /// Where a cell ends, from the row's begin.
    func end(ofCell column: Int) -> Int { cellEnds[column] }

    private func isPresent(_ column: Int) -> Bool { present[column * stride + rows - 1] != 0 }

    /// The 64 bits of a value; `nil` for an empty cell.
    func bits(_ column: Int) -> UInt64? { isPresent(column) ? values[column * stride + rows - 1] : nil }

    /// A number of whatever kind.
    func number(_ column: Int) -> Double? {
        guard let bits = bits(column) else { return nil }
        return switch kinds[column] {
        case .double: Double(bitPattern: bits)
        case .signed, .instant: Double(Int64(bitPattern: bits))
        case .unsigned: Double(bits)
        case .text: nil
        }
    }

    /// A text, which stays valid until the batch is emptied.
    func text(_ column: Int) -> UnsafeRawBufferPointer? {
        guard let number = bits(column) else { return nil }
        return texts[column]?[Int(number)]
    }

    func set(_ column: Int, _ value: Double?) {
        present[column * stride + rows - 1] = value == nil ? 0 : 1
        values[column * stride + rows - 1] = (value ?? 0).bitPattern
    }

    // MARK: Parsing

    /// Appends a row that has as many cells as there are columns.
    /// - Throws: the first cell that isn't what its column holds.
    func append(_ row: RawSpan) throws(CellFault) {
        precondition(rows < capacity, "a full batch gets another row")
        let failed = row.withUnsafeBytes { bytes in parse(bytes) }
        if let failed { throw CellFault(column: failed) }
        rows += 1
    }

    /// - Returns: the number of a cell that isn't what its column holds.
    private func parse(_ cells: UnsafeRawBufferPointer) -> Int? {
        // An empty row is that of a table with one column.
        let bytes = cells.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(present)
        let end = cells.count
        var index = 0
        let row = rows
        for column in 0..<width {
            let slot = column &* stride &+ row
            guard index < end, bytes[index] != comma else {
                present[slot] = 0
                cellEnds[column] = index
                index &+= 1
                continue
            }
            var stop = index
            let value: UInt64?
            switch kinds[column] {
            case .unsigned: value = Self.unsigned(bytes, end, &stop)
            case .signed: value = Self.signed(bytes, end, &stop)
            case .double: value = Self.double(bytes, end, &stop)
            case .instant: value = instant.read(bytes, end, &stop)
            case .text: value = text(bytes, end, column, &stop)
            }
            guard let value, stop == end || bytes[stop] == comma else { return column }
            values[slot] = value
            present[slot] = 1
            cellEnds[column] = stop
            index = stop &+ 1
        }
        return nil
    }

    @inline(__always) private static func unsigned(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ stop: inout Int) -> UInt64? {
        var number: UInt64 = 0
        let start = stop
        while stop < end, case let digit = bytes[stop] &- UInt8(ascii: "0"), digit < 10 {
            if stop &- start >= 18 {
                let (high, isOver) = number.multipliedReportingOverflow(by: 10)
                let (sum, isSumOver) = high.addingReportingOverflow(UInt64(digit))
                if isOver || isSumOver { return nil }
                number = sum
            } else {
                number = number &* 10 &+ UInt64(digit)
            }
            stop &+= 1
        }
        return stop > start ? number : nil
    }

    private static func signed(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ stop: inout Int) -> UInt64? {
        let isNegative = bytes[stop] == UInt8(ascii: "-")
        if isNegative { stop += 1 }
        guard let number = unsigned(bytes, end, &stop) else { return nil }
        if isNegative { return number <= 1 << 63 ? 0 &- number : nil }
        return number < 1 << 63 ? number : nil
    }

    /// Numbers of up to 15 digits, of which there are hardly any others, are a quotient of two numbers that a double holds exactly; the library reads the rest.
    @inline(__always) private static func double(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ stop: inout Int) -> UInt64? {
        let start = stop
        var digits: UInt64 = 0
        var count = 0
        var decimals = 0
        var hasPoint = false
        let isNegative = bytes[stop] == UInt8(ascii: "-")
        if isNegative { stop &+= 1 }
        while stop < end {
            let byte = bytes[stop]
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                digits = digits &* 10 &+ UInt64(digit)
                count &+= 1
                if hasPoint { decimals &+= 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            stop &+= 1
        }
        if count > 0, count <= 15, stop == end || bytes[stop] == comma {
            let number = Double(digits) / powersOfTen[decimals]
            return (isNegative ? -number : number).bitPattern
        }
        while stop < end, bytes[stop] != comma { stop &+= 1 }
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes + start, count: stop - start), as: UTF8.self)
        return Double(text).flatMap { $0.isFinite ? $0.bitPattern : nil }
    }

    private static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

    @inline(__always) private func text(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ column: Int, _ stop: inout Int) -> UInt64? {
        guard let dictionary = texts[column] else { return nil }
        let first = bytes[stop]
        if first != quote, first != apostrophe {
            if let known = dictionary.expected(bytes + stop, end &- stop) {
                stop &+= known.length
                return UInt64(known.number)
            }
            let start = stop
            while stop < end, bytes[stop] != comma { stop &+= 1 }
            return number(of: UnsafeRawBufferPointer(start: bytes + start, count: stop - start), dictionary)
        }
        return special(bytes, end, dictionary, &stop)
    }

    /// A text that is quoted, or has perhaps an apostrophe of the formula guard in front.
    private func special(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ dictionary: TextDictionary, _ stop: inout Int) -> UInt64? {
        scratch.removeAll(keepingCapacity: true)
        var isQuoted = bytes[stop] == quote
        if isQuoted { stop += 1 }
        while stop < end {
            let byte = bytes[stop]
            if byte == quote, isQuoted {
                guard stop + 1 < end, bytes[stop + 1] == quote else {
                    isQuoted = false
                    stop += 1
                    continue
                }
                stop += 1
            } else if byte == comma, !isQuoted {
                break
            }
            scratch.append(byte)
            stop += 1
        }
        guard !isQuoted else { return nil }
        let isGuarded = Self.isGuarded(scratch)
        return scratch.withUnsafeBytes { number(of: UnsafeRawBufferPointer(rebasing: $0[(isGuarded ? 1 : 0)...]), dictionary) }
    }

    private static func isGuarded(_ text: [UInt8]) -> Bool { text.first == apostrophe && FormulaGuard.isNeeded(text.span.bytes) }

    private func number(of text: UnsafeRawBufferPointer, _ dictionary: TextDictionary) -> UInt64 {
        let before = dictionary.byteCount
        let number = dictionary.number(of: text)
        textBytes += dictionary.byteCount - before
        return UInt64(number)
    }
}

/// Reads instants, of which neighbouring rows nearly always have the same.
private struct InstantMemo {
    private var text: [UInt8] = []
    private var value: UInt64 = 0

    @inline(__always) mutating func read(_ bytes: UnsafePointer<UInt8>, _ end: Int, _ stop: inout Int) -> UInt64? {
        let start = stop
        while stop < end, bytes[stop] != comma { stop &+= 1 }
        let cell = UnsafeRawBufferPointer(start: bytes + start, count: stop - start)
        if text.count == cell.count, cell.elementsEqual(text), !text.isEmpty { return value }
        let fresh = Array(cell)
        guard let nanoseconds = Timestamp.nanoseconds(fresh.span.bytes) else { return nil }
        text = fresh
        value = UInt64(bitPattern: nanoseconds / 1000)
        return value
    }
}
