import StatsCore

/// Writes a Parquet file, row group by row group. What is in memory is one encoded row group, and the facts that the footer tells.
struct ParquetWriter: ~Copyable {
    /// How many bytes are written at once.
    private static let piece = 1 << 20

    private let file: Descriptor
    private var footer: ParquetFooter
    private var encoder: ChunkEncoder
    private var out = PageBytes(capacity: 2 * piece)
    private(set) var bytes: UInt64 = 0

    /// - Parameter rows: how many a row group has at most.
    /// - Throws: `DiskError`.
    init(
        _ file: consuming Descriptor, columns: [ParquetColumn], rows: Int, attributes: [(name: String, value: String)], createdBy: String
    ) throws(DiskError) {
        self.file = file
        footer = ParquetFooter(columns: columns, attributes: attributes, createdBy: createdBy)
        encoder = ChunkEncoder(rows: rows)
        putMagic()
        try flush()
    }

    /// Writes a row group.
    /// - Parameters:
    ///   - order: the numbers of the rows in the order in which they are written.
    ///   - values: of each column, in the columns' order.
    /// - Throws: `DiskError`.
    mutating func append(rows: Int, order: UnsafePointer<UInt32>, values: (Int) -> ParquetValues) throws(DiskError) {
        var chunks: [ChunkFacts] = []
        chunks.reserveCapacity(footer.columns.count)
        for (number, column) in footer.columns.enumerated() {
            chunks.append(encoder.encode(values(number), column.kind, order: order, offset: Int64(bytes), to: &out))
            if out.count > Self.piece { try flush() }
        }
        footer.groups.append(ParquetFooter.RowGroup(rows: rows, chunks: chunks))
    }

    /// Writes the footer, without which the file says nothing, and waits until all of it is on the disk.
    /// - Throws: `DiskError`, `SyncFailure`.
    mutating func finish() throws {
        let bytes = footer.encoded()
        out.reserve(bytes.count + 8)
        bytes.withUnsafeBytes { out.put($0) }
        out.put(half: UInt32(bytes.count))
        putMagic()
        try flush()
        try file.sync()
    }

    private mutating func putMagic() {
        out.reserve(4)
        let magic = ParquetFormat.magic
        out.put(UnsafeRawBufferPointer(start: magic.utf8Start, count: magic.utf8CodeUnitCount))
    }

    private mutating func flush() throws(DiskError) {
        try file.write(RawSpan(_unsafeBytes: out.bytes), at: bytes)
        bytes += UInt64(out.count)
        out.removeAll()
    }
}
