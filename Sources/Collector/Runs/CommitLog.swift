import StatsCore

/// `.commit`, the log of what is durable: a line per commit, replaced by a single line when it has grown.
struct CommitLog: ~Copyable {
    static let compactionLimit: UInt64 = 1 << 20

    /// All commits so far, merged.
    private(set) var state: CommitRecord
    private var file: Descriptor
    private var length: UInt64
    private let limit: UInt64

    /// Begins the log of a new run with the lengths that its files have from the start.
    init(creatingIn directory: borrowing Descriptor, first: CommitRecord, limit: UInt64 = CommitLog.compactionLimit) throws {
        let line = try first.line()
        let made = try directory.newFile(RunFiles.commitLog)
        try made.write(line.span.bytes, at: 0)
        try made.sync()
        file = made
        length = UInt64(line.count)
        state = first
        self.limit = limit
    }

    /// Goes on with a log that recovery has cut back to `length`.
    init(openingIn directory: borrowing Descriptor, state: CommitRecord, length: UInt64, limit: UInt64 = CommitLog.compactionLimit) throws {
        file = try directory.writableFile(RunFiles.commitLog)
        self.state = state
        self.length = length
        self.limit = limit
    }

    /// Appends a record and waits until it is on the disk. When there is no room for it, the log is as it was.
    mutating func append(_ record: CommitRecord, in directory: borrowing Descriptor) throws {
        let line = try record.line()
        do {
            try file.write(line.span.bytes, at: length)
        } catch {
            try file.cut(to: length)
            throw error
        }
        try file.syncData()
        length += UInt64(line.count)
        state.merge(record)
        if length > limit { try compact(in: directory) }
    }

    private mutating func compact(in directory: borrowing Descriptor) throws {
        let line = try state.line()
        do {
            try directory.replace(RunFiles.commitLog, with: line)
        } catch let error as DiskError where error.isFull {
            // The long log is as good as the short one.
            return
        }
        file = try directory.writableFile(RunFiles.commitLog)
        length = UInt64(line.count)
    }
}
