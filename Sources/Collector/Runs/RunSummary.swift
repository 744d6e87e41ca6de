import Crypto
import NIOCore
import StatsCore

/// What the files of a run that is over add up to. Reading them again takes seconds when they are large, so that the recorder must not
/// do it on its own thread.
struct RunSummary: Sendable {
    let data: DataDirectory
    let run: RunPath
    /// All commits of the run.
    let committed: CommitRecord

    /// Rows, bytes and SHA-256 of every CSV file, read back from the disk.
    /// - Throws: `DiskError`, `CancellationError`.
    func files() async throws -> [String: RunManifest.File] {
        var files: [String: RunManifest.File] = [:]
        for (name, length) in committed.files { files[name] = try await file(name, length: length, rows: committed.rows[name] ?? 0) }
        files[RunFiles.columns] = try await file(RunFiles.columns, length: nil, rows: ColumnDictionary().rows)
        return files
    }

    private func file(_ name: String, length: UInt64?, rows: UInt64) async throws -> RunManifest.File {
        let file = try FileReading(data.open(run).file(name), limit: length)
        var hash = SHA256()
        try await file.forEachPiece { piece in piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        return RunManifest.File(rows: rows, bytes: file.length, sha256: Self.hex(hash.finalize()))
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
