import NIOCore
import StatsCore

/// The files of a run that is over, summed up. It reads them again, which takes seconds for large files, so the recorder must not
/// do it on its own thread.
struct FinishedFiles: Sendable {
    let data: DataDirectory
    let run: RunPath
    /// All commits of the run.
    let committed: CommitRecord

    /// Rows, bytes and SHA-256 of every CSV file, read back from the disk, and whether the file is what was written.
    /// - Throws: `CancellationError`.
    func summed() async throws -> [String: RunManifest.File] {
        var files: [String: RunManifest.File] = [:]
        for (name, length) in committed.files {
            var entry = RunManifest.File(rows: committed.rows[name] ?? 0, bytes: length, sha256: "")
            do {
                try await read(name, into: &entry)
            } catch let error as DiskError {
                entry.fault = error.isAbsent ? "is gone" : "can't be read: \(error)"
            }
            files[name] = entry
        }
        return files
    }

    private func read(_ name: String, into entry: inout RunManifest.File) async throws {
        let descriptor = try data.open(run).file(name)
        let size = try descriptor.size()
        let file = try FileReading(descriptor, limit: entry.bytes)
        var hash = SHA256Sum()
        var sum: UInt32 = 0
        try await file.forEachPiece { piece in
            sum = CRC32C.checksum(piece.readableBytesSpan, behind: sum)
            piece.withUnsafeReadableBytes { hash.update($0) }
        }
        entry.sha256 = hash.hexadecimal
        if size != entry.bytes {
            entry.fault = "is not what was written: it has \(size) bytes instead of \(entry.bytes)"
        } else if let written = committed.sums[name], written != sum {
            entry.fault = "is not what was written: its bytes have another checksum"
        }
    }
}
