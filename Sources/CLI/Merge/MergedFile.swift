import StatsCore

/// A CSV file of a merged run: its rows, written in large pieces, with the sums that run.json says.
final class MergedFile {
    private let file: NewFile
    private var sum = SHA256Sum()
    private var bytes: UInt64 = 0
    private(set) var rows: UInt64 = 0
    var out = ByteWriter(capacity: 1 << 20)

    init(_ file: consuming Descriptor, columns: [String]) {
        self.file = NewFile(file)
        out.append(csvRow: columns)
    }

    /// Ends a row that was appended to `out`.
    /// - Throws: `DiskError`.
    func endRow() throws(DiskError) {
        rows += 1
        if out.count >= 1 << 20 { try flush() }
    }

    /// Appends a whole row.
    /// - Throws: `DiskError`.
    func append(_ row: [UInt8]) throws(DiskError) {
        out.append(row)
        try endRow()
    }

    /// Writes what is left, and waits until all is on the disk.
    /// - Throws: `DiskError`, `SyncFailure`.
    func finish() throws -> RunManifest.File {
        try flush()
        try file.finish()
        return RunManifest.File(rows: rows, bytes: bytes, sha256: sum.hexadecimal)
    }

    private func flush() throws(DiskError) {
        let piece = out.withUnsafeBytes { Array($0) }
        out.removeAll()
        bytes += UInt64(piece.count)
        try write(piece)
    }

    private func write(_ piece: [UInt8]) throws(DiskError) {
        var failure: DiskError?
        piece.withUnsafeBytes { bytes in
            sum.update(bytes)
            do throws(DiskError) { try file.write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
