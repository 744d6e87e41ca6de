import StatsCore

/// A run's directory that can't be gone on with.
struct RecoveryFailure: Error, CustomStringConvertible {
    let description: String
}

/// Brings a run's files back to the last commit. Doing it twice, or being killed in the middle, gives the same bytes: it only
/// ever cuts off what no commit covers.
enum Recovery {
    struct Outcome: Equatable {
        let record: CommitRecord
        /// Length of the good part of `.commit`.
        let logLength: UInt64
        /// Bytes that were cut off, by file.
        let cut: [String: UInt64]
    }

    /// - Throws: `RecoveryFailure` when the log holds no good record or is damaged, or a file is shorter than it says; `DiskError`, `SyncFailure`.
    static func recover(_ directory: borrowing Descriptor) throws -> Outcome {
        let log = try directory.writableFile(RunFiles.commitLog)
        guard let good = try CommitRecord.fold(log.contents()) else {
            throw RecoveryFailure(description: "\(log.path) holds no commit that is whole")
        }
        guard !good.isDamaged else {
            throw RecoveryFailure(
                description:
                    "\(log.path) is damaged from byte \(good.length) on; what stands behind may have been acknowledged, so that nothing "
                    + "was cut")
        }
        let files = good.record.files.sorted { $0.key < $1.key }
        for (name, length) in files { try check(name, length, in: directory) }
        var cut: [String: UInt64] = [:]
        cut[RunFiles.commitLog] = try cutBack(log, to: UInt64(good.length))
        for (name, length) in files { cut[name] = try cutBack(directory.writableFile(name), to: length) }
        return Outcome(record: good.record, logLength: UInt64(good.length), cut: cut)
    }

    /// A file must hold all that was committed, before any is cut.
    private static func check(_ name: String, _ length: UInt64, in directory: borrowing Descriptor) throws {
        guard directory.holds(name) else {
            throw RecoveryFailure(description: "\(directory.child(name)) is gone; the last commit says that it has \(length) bytes")
        }
        let size = try directory.file(name).size()
        guard size >= length else {
            throw RecoveryFailure(description: "\(directory.child(name)) has \(size) bytes, where the last commit says \(length)")
        }
    }

    private static func cutBack(_ file: borrowing Descriptor, to length: UInt64) throws -> UInt64? {
        let size = try file.size()
        guard size > length else { return nil }
        try file.cut(to: length)
        try file.sync()
        return size - length
    }
}
