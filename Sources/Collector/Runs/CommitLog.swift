import StatsCore

/// `.commit`, the log of what is durable: a line per commit. When it has grown long, a single line replaces it.
struct CommitLog: ~Copyable {
    static let compactionLimit: UInt64 = 1 << 20

    /// All commits so far, merged.
    private(set) var state: CommitRecord
    private var coder = CommitCoder()
    private var file: Descriptor
    private var length: UInt64
    private let limit: UInt64
    /// The length at which the log is replaced.
    private var compactionLength: UInt64

    /// Begins the log of a new run with the initial lengths of its files. The log appears only when it is complete.
    init(creatingIn directory: borrowing Descriptor, first: CommitRecord, limit: UInt64 = CommitLog.compactionLimit) throws {
        let line = try coder.line(first)
        file = try directory.replace(RunFiles.commitLog, with: line)
        length = UInt64(line.count)
        state = first
        self.limit = limit
        compactionLength = max(limit, 2 * length)
    }

    /// Continues a log that recovery has cut back to `length`.
    init(openingIn directory: borrowing Descriptor, state: CommitRecord, length: UInt64, limit: UInt64 = CommitLog.compactionLimit) throws {
        file = try directory.writableFile(RunFiles.commitLog)
        self.state = state
        self.length = length
        self.limit = limit
        compactionLength = max(length, limit)
    }

    /// Whether the directory still holds this file by its name.
    func isIn(_ directory: borrowing Descriptor) throws(DiskError) -> Bool { try directory.holds(file, as: RunFiles.commitLog) }

    /// Appends a record and waits until it is on the disk.
    /// - Throws: `DiskError` when it could not be written, and the log is unchanged; `SyncFailure`.
    mutating func append(_ record: CommitRecord, in directory: borrowing Descriptor) throws {
        var next = coder
        let line = try next.line(record)
        do {
            try file.write(line.span.bytes, at: length)
        } catch {
            try file.cut(to: length)
            throw error
        }
        try file.syncData()
        coder = next
        length += UInt64(line.count)
        state.merge(record)
        if length > compactionLength { try compact(in: directory) }
    }

    /// - Throws: only `SyncFailure`. The record is durable already: after a `DiskError` the caller would cut its rows off the files.
    private mutating func compact(in directory: borrowing Descriptor) throws {
        do {
            var fresh = CommitCoder()
            let line = try fresh.line(state)
            file = try directory.replace(RunFiles.commitLog, with: line)
            coder = fresh
            length = UInt64(line.count)
            // A large fleet's single line may be longer than the limit. Without this, every commit would write it again.
            compactionLength = max(limit, 2 * length)
        } catch let failure as SyncFailure {
            throw failure
        } catch {
            // The log is still valid, only long.
            compactionLength = length + limit
        }
    }
}
