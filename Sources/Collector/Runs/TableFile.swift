import StatsCore

/// One CSV file of the run in progress: its durable part, and the rows that wait to become durable.
///
/// Rows stay in the buffer until the commit that covers them is on the disk. So a commit that fails half-way can be
/// repeated: it writes the same bytes at the same offset.
final class TableFile {
    let name: String
    private let file: Descriptor
    /// The durable length in bytes.
    private(set) var length: UInt64
    /// The number of durable rows.
    private(set) var rows: UInt64
    /// CRC-32C of the durable bytes; `nil` when an older version began the file.
    private(set) var sum: UInt32?
    private(set) var pendingRows: UInt64 = 0
    private var pendingSum: UInt32?
    var buffer = ByteWriter(capacity: 64 * 1024)

    init(name: String, file: consuming Descriptor, length: UInt64, rows: UInt64, sum: UInt32?) {
        self.name = name
        self.file = file
        self.length = length
        self.rows = rows
        self.sum = sum
    }

    var isPending: Bool { !buffer.isEmpty }

    /// Appends rows that are encoded.
    func take(_ rows: borrowing ByteWriter, _ count: Int) {
        buffer.append(rows.bytes)
        noteRows(count)
    }

    func noteRows(_ count: Int) { pendingRows += UInt64(count) }

    /// Adds this file to the commit record that will cover the waiting rows.
    func describe(in record: inout CommitRecord) {
        pendingSum = sum.map { Self.checksum(buffer, behind: $0) }
        record.files[name] = length + UInt64(buffer.count)
        record.rows[name] = rows.saturatingAdding(pendingRows)
        record.sums[name] = pendingSum
    }

    /// Writes the waiting rows after the durable ones and waits until they are on the disk.
    func write() throws {
        try file.write(buffer, at: length)
        try file.syncData()
    }

    /// Whether the directory still holds this file by its name.
    func isIn(_ directory: borrowing Descriptor) throws(DiskError) -> Bool { try directory.holds(file, as: name) }

    /// Removes what `write` may have written in part.
    func cutBack() throws(DiskError) { try file.cut(to: length) }

    /// The commit that covers the waiting rows is durable.
    func noteDurable() {
        length += UInt64(buffer.count)
        rows = rows.saturatingAdding(pendingRows)
        sum = pendingSum
        pendingRows = 0
        buffer.removeAll()
    }

    private static func checksum(_ rows: borrowing ByteWriter, behind sum: UInt32) -> UInt32 {
        CRC32C.checksum(rows.bytes, behind: sum)
    }
}
