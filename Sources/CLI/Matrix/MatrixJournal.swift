import StatsCore

/// The file in which a matrix writes down what it does, a line of JSON for each record, which is on the disk before the next step is taken.
struct MatrixJournal: ~Copyable {
    static let name = "journal.jsonl"
    private static let limit: UInt64 = 64 << 20

    private let file: Descriptor
    private var end: UInt64
    /// Those that it held when it was opened.
    let records: [MatrixRecord]

    /// Opens the journal of a matrix, or makes it, and cuts off a last line that was never finished.
    /// - Throws: `DiskError`, `SyncFailure`, `CommandFailure` for a line that is none.
    init(in directory: borrowing Descriptor) throws {
        let isNew = !directory.holds(Self.name)
        let opened = try directory.fileOrNew(Self.name)
        let bytes = try opened.contents(limit: Self.limit)
        let (found, length) = try Self.read(bytes, path: opened.path)
        if length < bytes.count { try opened.cut(to: UInt64(length)) }
        if isNew { try directory.sync() }
        (records, end) = (found, UInt64(length))
        file = opened
    }

    /// - Returns: the records, and how many bytes they take: what follows is the begin of a line that was being written.
    static func read(_ bytes: [UInt8], path: String) throws(CommandFailure) -> (records: [MatrixRecord], length: Int) {
        let length = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        var records: [MatrixRecord] = []
        for (number, line) in bytes[..<length].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            .enumerated()
        {
            do throws(JSONMismatch) {
                records.append(try JSONCoding.decode(from: line))
            } catch {
                throw damaged(path, number + 1, "\(error)")
            }
        }
        return (records, length)
    }

    static func damaged(_ path: String, _ line: Int, _ reason: String) -> CommandFailure {
        CommandFailure(
            code: "damaged",
            message:
                "\(path) is damaged in line \(line): \(reason). Nobody can tell which runs are done: take another --output, and keep what is there."
        )
    }

    /// Returns when the record is on the disk.
    /// - Throws: `DiskError`, and the journal is as it was; `SyncFailure`.
    mutating func append(_ record: MatrixRecord) throws {
        let line = try JSONCoding.encode(record) + [UInt8(ascii: "\n")]
        do throws(DiskError) {
            try file.write(line.span.bytes, at: end)
        } catch {
            try? file.cut(to: end)
            throw error
        }
        try file.syncData()
        end += UInt64(line.count)
    }
}
