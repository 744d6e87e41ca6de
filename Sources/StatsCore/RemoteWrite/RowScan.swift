/// Reads rows of a tick as they came, cell by cell: the values that a table's metrics want, and where the cells stand that tell rows apart.
///
/// The bytes were validated when they came; what doesn't look like it ends the rows.
struct RowScan {
    /// How many values a row can have.
    static let mostValues = 128

    /// What a sender's columns are for.
    struct Columns {
        /// For each column: the metrics that its value goes to; empty for none.
        let metrics: [[Int]]
        /// For each column: whether it is part of what tells rows apart.
        let isLabel: [Bool]
        /// Which column a label stands in.
        let labels: [Int?]
        let uptime: Int?
        let started: Int?
        let use: Int?
        let state: Int?

        init(_ shape: TableShape, _ names: [String]) {
            let table = shape.table
            metrics = names.map { name in table.metrics.indices.filter { table.metrics[$0].column == name } }
            labels = table.labels.map { names.firstIndex(of: $0.column) }
            let places = Set(labels.compactMap(\.self))
            isLabel = names.indices.map { places.contains($0) }
            uptime = shape.table.id == .host ? names.firstIndex(of: "uptime_us") : nil
            started = shape.started.flatMap { names.firstIndex(of: $0) }
            use = shape.table.id == .process ? names.firstIndex(of: "cpu_percent") : nil
            state = shape.table.id == .process ? names.firstIndex(of: "state") : nil
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    /// By metric; only those in `present` count.
    private(set) var values: [Double]
    private(set) var present: UInt128 = 0
    /// Of the columns that are labels, in order.
    private var cells: [Range<Int>]
    /// Microseconds.
    private(set) var uptime: Double?
    private(set) var started: Double?
    /// A process's percent of a core, and whether it is there for the last time.
    private(set) var use: Double?
    private(set) var hasEnded = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        values = Array(repeating: 0, count: Self.mostValues)
        cells = []
    }

    /// Moves to the rows of another table, an array that begins at `start`.
    mutating func move(to start: Int) { at = start }

    /// Reads the next row; one that doesn't have a cell for each column is passed over.
    /// - Returns: false behind the last one.
    mutating func next(_ columns: Columns, _ shape: TableShape) -> Bool {
        repeat {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "[") || bytes[at] == UInt8(ascii: ",") else { return false }
            at += 1
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { return false }
        } while !row(columns)
        return true
    }

    private mutating func row(_ columns: Columns) -> Bool {
        present = 0
        cells.removeAll(keepingCapacity: true)
        (uptime, started, use, hasEnded) = (nil, nil, nil, false)
        var column = 0
        while at < bytes.count, bytes[at] != UInt8(ascii: "]") {
            // The bracket before the first cell, or the comma before another one.
            at += 1
            skipSpace()
            if column == 0, at < bytes.count, bytes[at] == UInt8(ascii: "]") { break }
            let start = at
            if let number = cell(), column < columns.metrics.count {
                for metric in columns.metrics[column] {
                    values[metric] = number
                    present |= 1 << UInt128(metric)
                }
                if column == columns.uptime { uptime = number }
                if column == columns.started { started = number }
                if column == columns.use { use = number }
            }
            if column == columns.state, at - start == 3, bytes[start + 1] == UInt8(ascii: "X") { hasEnded = true }
            if column < columns.isLabel.count, columns.isLabel[column] { cells.append(start..<at) }
            skipSpace()
            column += 1
        }
        at = min(at + 1, bytes.count)
        return column == columns.metrics.count
    }

    // MARK: What tells rows apart

    /// Whether the row's key is this one.
    func matches(_ key: [UInt8]) -> Bool {
        var offset = 0
        for cell in cells {
            guard key.count - offset > cell.count, key[offset] == 0 else { return false }
            for index in 0..<cell.count where key[offset + 1 + index] != bytes[cell.lowerBound + index] { return false }
            offset += 1 + cell.count
        }
        return offset == key.count
    }

    func key() -> [UInt8] { cells.flatMap { [0] + bytes[$0] } }

    /// The row's labels: texts, and numbers as they stand there.
    func labels(_ columns: Columns, _ shape: TableShape) -> [(name: String, value: String)] {
        let places = columns.isLabel.indices.filter { columns.isLabel[$0] }
        return zip(shape.table.labels, columns.labels).compactMap { label, column in
            guard let column, let cell = places.firstIndex(of: column).map({ cells[$0] }), !cell.isEmpty else { return nil }
            if bytes[cell.lowerBound] == UInt8(ascii: "\"") {
                var text = ByteWriter(capacity: cell.count)
                text.append(unescaping: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[cell.dropFirst().dropLast()]).bytes)
                return (label.name, text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            }
            guard bytes[cell.lowerBound] == UInt8(ascii: "-") || bytes[cell.lowerBound] &- UInt8(ascii: "0") < 10 else { return nil }
            return (label.name, String(decoding: bytes[cell], as: UTF8.self))
        }
    }

    @inline(__always) private mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
    }

    /// Moves behind a cell.
    /// - Returns: the number that it is; `nil` for anything else.
    @inline(__always) private mutating func cell() -> Double? {
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"):
            while at < bytes.count, bytes[at] &- UInt8(ascii: "a") < 26 { at += 1 }
        default: nested()
        }
        return nil
    }

    /// A number becomes the double that is nearest to it: of up to 15 digits, divided by the power of ten that its fraction has.
    @inline(__always) private mutating func number() -> Double? {
        let start = at
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var (magnitude, scale) = (UInt64(0), 1.0)
        let first = at
        while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 {
            magnitude = magnitude &* 10 &+ UInt64(bytes[at] &- UInt8(ascii: "0"))
            at += 1
        }
        var digits = at - first
        let isWhole = at == bytes.count || bytes[at] != UInt8(ascii: ".")
        if !isWhole {
            at += 1
            let point = at
            while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 {
                magnitude = magnitude &* 10 &+ UInt64(bytes[at] &- UInt8(ascii: "0"))
                scale *= 10
                at += 1
            }
            digits += at - point
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            // No agent of ours writes exponents, with which a number can be beyond what its reader holds.
            while at < bytes.count, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "]"), bytes[at] > 0x20 { at += 1 }
            return nil
        }
        guard digits > 0 else { return nil }
        if digits <= (isWhole ? 19 : 15) { return isNegative ? -(Double(magnitude) / scale) : Double(magnitude) / scale }
        return Double(String(decoding: bytes[start..<at], as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    @inline(__always) private mutating func string() {
        at += 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at = min(at + 1, bytes.count)
    }

    private mutating func nested() {
        var depth = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""): string()
            case UInt8(ascii: "["), UInt8(ascii: "{"): (at, depth) = (at + 1, depth + 1)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): (at, depth) = (at + 1, depth - 1)
            default: at += 1
            }
            if depth <= 0 { return }
        }
    }
}
