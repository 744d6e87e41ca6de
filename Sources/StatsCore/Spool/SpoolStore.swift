import NIOCore
import Synchronization

/// The files of all streams. Every change on the disk is made under the lock `writer`. The lock `book` is only held for a moment, so that a
/// slow disk doesn't delay a look at the table of contents.
final class SpoolStore: Sendable {
    let directory: Descriptor
    let book: Mutex<SpoolBook>
    let policy: SpoolPolicy
    let writer: Mutex<Writer>

    struct Writer: ~Copyable {
        var cursor: SpoolCursor
        var segment: SegmentWriter?
        var unsynced: [UnsyncedFile] = []

        /// Notes what the next sync has to do.
        mutating func needsSync(_ name: String, _ file: SegmentFile, isNew: Bool = false) {
            if !unsynced.contains(where: { $0.file === file }) { unsynced.append(UnsyncedFile(name: name, file: file, isNew: isNew)) }
        }
    }

    struct UnsyncedFile {
        let name: String
        let file: SegmentFile
        /// Whether its name may not be on the disk either.
        let isNew: Bool
    }

    init(directory: consuming Descriptor, cursor: consuming SpoolCursor, segments: [SpoolSegment], policy: SpoolPolicy) {
        var book = SpoolBook(acknowledged: cursor.position)
        book.segments = segments
        self.book = Mutex(book)
        self.directory = directory
        self.policy = policy
        writer = Mutex(Writer(cursor: cursor))
    }

    // MARK: Appending

    func append(_ frames: [(seq: UInt64, frame: ByteBuffer)], epoch: UInt64, epochID: String) throws {
        try writer.withLock { writer in
            let next = book.withLock { max($0.firstUnacknowledged(of: epoch) ?? .max, $0.bounds(of: epoch, epochID)?.upperBound ?? 0) }
            for (seq, frame) in frames where seq >= next {
                let size = SpoolRecord.size(ofFrame: frame.readableBytes)
                if writer.segment?.hasRoom(for: size, epoch: epoch) != true {
                    try flush(&writer)
                    try close(&writer)
                    let header = SegmentHeader(epoch: epoch, epochID: epochID, firstSeq: seq)
                    try open(header, size: max(policy.segmentBytes, SegmentHeader.bytes + size), &writer)
                }
                writer.segment?.add(seq: seq, frame: frame)
            }
            try flush(&writer)
        }
    }

    /// Appends frames with one write, to one segment: all of them are there, or none.
    func append(together frames: [(seq: UInt64, frame: ByteBuffer)], epoch: UInt64, epochID: String) throws {
        guard let first = frames.first else { return }
        try writer.withLock { writer in
            let size = frames.reduce(0) { $0 + SpoolRecord.size(ofFrame: $1.frame.readableBytes) }
            if writer.segment?.hasRoom(for: size, epoch: epoch) != true {
                try close(&writer)
                let header = SegmentHeader(epoch: epoch, epochID: epochID, firstSeq: first.seq)
                try open(header, size: max(policy.segmentBytes, SegmentHeader.bytes + size), &writer)
            }
            for (seq, frame) in frames { writer.segment?.add(seq: seq, frame: frame) }
            try flush(&writer)
        }
    }

    private func flush(_ writer: inout Writer) throws {
        guard let name = writer.segment?.name, let file = writer.segment?.file else { return }
        do {
            guard let written = try writer.segment?.flush(), !written.frames.isEmpty else { return }
            book.withLock { $0.change(name) { written.note(in: &$0) } }
            writer.needsSync(name, file)
        } catch {
            // A part of the data may have been written. The segment is closed here, so that it isn't taken for frames.
            try close(&writer, cut: true)
            throw error
        }
    }

    /// Closes the segment that is being written, and frees the space that it didn't need.
    ///
    /// - Parameter cut: also in a queue, which allocates none beforehand.
    func close(_ writer: inout Writer, cut: Bool = false) throws {
        guard let segment = writer.segment else { return }
        writer.segment = nil
        book.withLock { $0.change(segment.name) { $0.isOpen = false } }
        if segment.end == SegmentHeader.bytes {
            try remove(segment.name, &writer)
        } else {
            if cut || !policy.isQueue { try segment.file.descriptor.cut(to: UInt64(segment.end)) }
            book.withLock { $0.change(segment.name) { $0.size = $0.end } }
        }
    }

    /// Begins a segment. The file gets its name only after its header is in it, and on the disk if that is the policy.
    private func open(_ header: SegmentHeader, size: Int, _ writer: inout Writer) throws {
        try makeRoom(UInt64(size), &writer)
        var bytes = ByteBuffer()
        header.write(to: &bytes)
        let temporary = header.name + ".new"
        if directory.holds(temporary) { try directory.remove(temporary) }
        do {
            let file = SegmentFile(try directory.newFile(temporary))
            if !policy.isQueue { try file.descriptor.preallocate(UInt64(size)) }
            try file.descriptor.write(bytes, at: 0)
            if !policy.isQueue { try file.descriptor.sync() }
            try directory.rename(temporary, to: header.name)
            if policy.isQueue { writer.needsSync(header.name, file, isNew: true) }
            writer.segment = SegmentWriter(name: header.name, epoch: header.epoch, file: file, end: bytes.readableBytes, size: size)
        } catch let error as DiskError {
            if directory.holds(temporary) { try directory.remove(temporary) }
            throw error
        }
        book.withLock {
            $0.segments.append(
                SpoolSegment(
                    name: header.name, header: header, lastSeq: header.firstSeq &- 1, end: bytes.readableBytes, size: size, isOpen: true))
        }
        if !policy.isQueue { try directory.sync() }
    }

    /// Syncs without a lock: a sync may take long, and reading has to go on meanwhile.
    func sync() throws {
        let files = writer.withLock { writer in
            defer { writer.unsynced = [] }
            return writer.unsynced
        }
        var failure: SyncFailure?
        for entry in files {
            do {
                try entry.file.descriptor.syncData()
            } catch {
                failure = error
                try writer.withLock { if $0.segment?.file === entry.file { try close(&$0) } }
            }
        }
        if let failure { throw failure }
        if files.contains(where: { $0.isNew }) { try directory.sync() }
    }
}
