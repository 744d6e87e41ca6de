import StatsCore

/// Why a run in a directory can't be continued.
struct RecoveryFailure: Error, CustomStringConvertible {
    let description: String
}

/// Cuts a run's files back to the last commit. Repeating it, or killing it in the middle and repeating it, gives the same bytes:
/// it only cuts off what no commit covers.
enum Recovery {
    struct Outcome: Equatable {
        let record: CommitRecord
        /// The length of the valid part of `.commit`.
        let logLength: UInt64
        /// Bytes that were cut off, by file.
        let cut: [String: UInt64]
    }

    /// - Throws: `RecoveryFailure` when the log has no valid record or is damaged, or a file is shorter than the log says; `DiskError`, `SyncFailure`.
    static func recover(_ directory: borrowing Descriptor) throws -> Outcome {
        let log = try directory.writableFile(RunFiles.commitLog)
        guard let good = try CommitCoder.fold(log.contents()) else {
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

    /// Checks that a file holds everything that was committed. All files are checked before any is cut.
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
