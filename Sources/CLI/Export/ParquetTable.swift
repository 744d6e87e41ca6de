import StatsCore

/// Writes a table into a Parquet file. Within a row group, rows stand instance by instance, each in the order of its ticks: so neighbouring values are alike, and take little room.
struct ParquetTable: ~Copyable {
    /// Of the values of a row group in memory, in bytes: so many are written, unless each instance then had so few rows that hardly any neighbours were alike. Then it is at
    /// most so many.
    private static let (groupBytes, groupLimit) = (64 << 20, 256 << 20)
    private static let (rowCount, rowLimit) = (1 << 18, 1 << 20)
    private static let rowsOfInstance = 128

    private let table: ExportedTable
    private let batch: RowBatch
    private let groupRows: Int
    private let constants: ConstantValues
    private var writer: ParquetWriter
    /// The instance of each row of the batch, then the order in which they are written.
    private let instances: UnsafeMutablePointer<UInt32>
    private let order: UnsafeMutablePointer<UInt32>

    /// - Parameter attributes: what the file's metadata says, by name.
    init(
        _ table: ExportedTable, constants: [ExportConstant], attributes: [(name: String, value: String)], to file: consuming Descriptor,
        groupRows: Int? = nil
    ) throws(DiskError) {
        self.table = table
        // A value takes eight bytes and its mark one. Memory is taken as rows come.
        let width = 9 * (table.cells.count + table.counters.count)
        self.groupRows = groupRows ?? max(1024, min(Self.rowCount, Self.groupBytes / width))
        let rows = groupRows ?? max(1024, min(Self.rowLimit, Self.groupLimit / width))
        batch = RowBatch(table.kinds, added: table.counters.count, capacity: rows)
        self.constants = ConstantValues(constants.map(\.value), rows: rows)
        instances = .allocate(capacity: rows)
        order = .allocate(capacity: rows)
        writer = try ParquetWriter(
            file, columns: table.columns.map { ParquetColumn(name: $0.entry.name, kind: ParquetColumn.Kind($0.entry.type)) }, rows: rows,
            attributes: attributes, createdBy: "sonde version \(Version.current)")
    }

    deinit {
        instances.deallocate()
        order.deallocate()
    }

    /// Writes all rows.
    /// - Returns: the file's length.
    mutating func write(_ feed: inout TableFeed) throws -> UInt64 {
        while try feed.advance(into: batch) {
            instances[batch.rows - 1] = UInt32(feed.instance)
            guard batch.isFull || batch.rows >= groupRows && batch.rows >= Self.rowsOfInstance * feed.instances else { continue }
            try writeGroup()
            feed.forget()
        }
        try writeGroup()
        try writer.finish()
        return writer.bytes
    }

    private mutating func writeGroup() throws(DiskError) {
        guard batch.rows > 0 else { return }
        sort()
        let (batch, table, constants) = (batch, table, constants)
        try writer.append(rows: batch.rows, order: order) { number in
            let source = table.columns[number].source
            if case .constant(let constant) = source { return constants.values(constant, rows: batch.rows) }
            return batch.column(table.batchColumn(source) ?? 0)
        }
        batch.removeAll()
    }

    /// Orders the rows by their instances' numbers, without changing the order within one.
    private func sort() {
        let rows = batch.rows
        var highest = 0
        for row in 0..<rows { highest = max(highest, Int(instances[row])) }
        var starts = [Int](repeating: 0, count: highest + 2)
        for row in 0..<rows { starts[Int(instances[row]) + 1] += 1 }
        for instance in 0...highest { starts[instance + 1] += starts[instance] }
        for row in 0..<rows {
            let instance = Int(instances[row])
            order[starts[instance]] = UInt32(row)
            starts[instance] += 1
        }
    }
}

/// Columns that say the same in each row.
private final class ConstantValues {
    private let zeros: UnsafeMutablePointer<UInt64>
    private let ones: UnsafeMutablePointer<UInt8>
    private let texts: [TextDictionary]

    init(_ values: [String], rows: Int) {
        zeros = .allocate(capacity: rows)
        zeros.initialize(repeating: 0, count: rows)
        ones = .allocate(capacity: rows)
        ones.initialize(repeating: 1, count: rows)
        texts = values.map { value in
            let dictionary = TextDictionary()
            _ = Array(value.utf8).withUnsafeBytes { dictionary.number(of: $0) }
            return dictionary
        }
    }

    deinit {
        zeros.deallocate()
        ones.deallocate()
    }

    func values(_ number: Int, rows: Int) -> ParquetValues {
        ParquetValues(values: zeros, present: ones, rows: rows, texts: texts[number])
    }
}
