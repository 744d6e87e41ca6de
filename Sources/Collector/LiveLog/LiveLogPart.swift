import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Rows that wait to be written, by table.
struct LiveLogBuffers: ~Copyable {
    private var tables: [TableBuffer] = TableID.allCases.map { _ in TableBuffer() }

    /// Keeps its memory from one second to the next.
    private final class TableBuffer {
        var rows = ByteWriter()
    }

    var isEmpty: Bool { tables.allSatisfy { $0.rows.isEmpty } }

    /// Appends everything that `body` writes, or nothing if it throws.
    mutating func append(to table: TableID, _ body: (inout ByteWriter) throws(RowFault) -> Void) throws(RowFault) {
        let buffer = tables[table.rawValue]
        let before = buffer.rows.count
        do {
            try body(&buffer.rows)
        } catch {
            buffer.rows.truncate(to: before)
            throw error
        }
    }

    func write(_ table: TableID, to file: borrowing Descriptor, at offset: UInt64) throws(DiskError) -> UInt64 {
        let buffer = tables[table.rawValue]
        try file.write(buffer.rows, at: offset)
        return UInt64(buffer.rows.count)
    }

    mutating func removeAll() { tables.forEach { $0.rows.removeAll() } }
}

/// One part of the live log: a directory with a CSV file for each table, and columns.csv.
final class LiveLogPart {
    let name: String
    /// When it began, on the collector's steady clock.
    let begin: Int64
    private var files: [LogFile] = []

    private final class LogFile {
        let file: Descriptor
        var length: UInt64

        init(_ file: consuming Descriptor, length: UInt64) {
            self.file = file
            self.length = length
        }
    }

    /// Of its dictionary.
    private let dictionary: UInt64

    var bytes: UInt64 { files.reduce(dictionary) { $0 + $1.length } }

    /// - Throws: `DiskError`.
    init(_ name: String, in log: borrowing Descriptor, at begin: Int64) throws(DiskError) {
        self.begin = begin
        self.name = name
        let columns = ColumnDictionary.csv()
        dictionary = UInt64(columns.count)
        try log.makeDirectory(name)
        let directory = try log.directory(name)
        for table in Catalogue.tables {
            let header = RunFiles.header(RunFiles.columns(of: table.id))
            let file = try directory.newFile(RunFiles.table(table.id))
            try file.write(header.span.bytes, at: 0)
            files.append(LogFile(file, length: UInt64(header.count)))
        }
        try directory.newFile(RunFiles.columns).write(columns.span.bytes, at: 0)
    }

    /// Appends the waiting rows. Rows that can't be written completely are cut off again, so that no half line remains.
    func write(_ buffers: borrowing LiveLogBuffers) throws(DiskError) {
        for table in TableID.allCases {
            let file = files[table.rawValue]
            do throws(DiskError) {
                file.length += try buffers.write(table, to: file.file, at: file.length)
            } catch {
                try file.file.cut(to: file.length)
                throw error
            }
        }
    }

    static func bytes(in directory: borrowing Descriptor) -> UInt64 {
        var bytes: UInt64 = 0
        for file in RunFiles.published { bytes = bytes.saturatingAdding((try? directory.file(file).size()) ?? 0) }
        return bytes
    }

    /// Removes the files of a part, and its directory unless it holds other files.
    static func remove(_ name: String, in log: borrowing Descriptor) throws(DiskError) {
        let directory = try log.directory(name)
        for file in RunFiles.published where directory.holds(file) { try directory.remove(file) }
        try? log.removeDirectory(name)
    }
}
