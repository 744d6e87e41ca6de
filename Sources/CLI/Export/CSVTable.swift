import StatsCore

/// Writes a table as CSV: the cells as the run has them, with what is exported besides.
struct CSVTable: ~Copyable {
    private let table: ExportedTable
    private let file: Descriptor
    private var out = ByteWriter(capacity: 1 << 20)
    private var length: UInt64 = 0
    /// The constants of a row with the comma behind each.
    private let prefix: [UInt8]
    private let batch: RowBatch

    init(_ table: ExportedTable, constants: [ExportConstant], to file: consuming Descriptor) {
        self.table = table
        self.file = file
        batch = RowBatch(table.kinds, added: table.counters.count, capacity: 1024)
        var prefix = ByteWriter()
        for constant in constants {
            prefix.append(csvField: constant.value)
            prefix.append(CSVDialect.separator)
        }
        self.prefix = prefix.withUnsafeBytes { Array($0) }
    }

    /// Writes all rows.
    /// - Returns: the file's length.
    mutating func write(_ feed: inout TableFeed) throws -> UInt64 {
        out.append(csvRow: table.columns.map(\.entry.name))
        while try table.counters.isEmpty ? feed.advance() : feed.advance(into: batch) {
            out.append(prefix)
            if table.counters.isEmpty { out.append(feed.row) } else { appendCells(feed.row) }
            out.append(CSVDialect.lineEnd)
            if out.count > 1 << 20 { try flush() }
            guard batch.isFull else { continue }
            batch.removeAll()
            feed.forget()
        }
        try flush()
        try file.sync()
        return length
    }

    private mutating func appendCells(_ row: RawSpan) {
        /// Of the row, up to where it is written.
        var written = 0
        for (counter, cell) in table.counters.enumerated() {
            let end = batch.end(ofCell: cell)
            out.append(row.extracting(written..<end))
            written = end
            out.append(CSVDialect.separator)
            if let bits = batch.bits(table.cells.count + counter) { append(Double(bitPattern: bits)) }
        }
        out.append(row.extracting(written..<row.byteCount))
    }

    /// As many digits as it takes to read the same number again.
    private mutating func append(_ number: Double) {
        if number >= 0, number < 1e15, let whole = UInt64(exactly: number) { return out.append(decimal: whole) }
        out.append(Array("\(number)".utf8))
    }

    private mutating func flush() throws(DiskError) {
        try file.write(out, at: length)
        length += UInt64(out.count)
        out.removeAll()
    }
}
