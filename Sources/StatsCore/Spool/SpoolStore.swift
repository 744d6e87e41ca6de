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
        var unsynced: [SegmentFile] = []
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

    private func flush(_ writer: inout Writer) throws {
        guard let segment = writer.segment, !segment.pending.isEmpty else { return }
        do {
            try segment.file.descriptor.write(segment.buffer, at: UInt64(segment.end))
        } catch {
            // A part of the data may have been written. The segment is closed here, so that it isn't taken for frames.
            try close(&writer)
            throw error
        }
        book.withLock { $0.change(segment.name) { segment.note(in: &$0) } }
        writer.segment?.flushed()
        if !writer.unsynced.contains(where: { $0 === segment.file }) { writer.unsynced.append(segment.file) }
    }

    /// Closes the segment that is being written, and frees the space that it didn't need.
    private func close(_ writer: inout Writer) throws {
        guard let segment = writer.segment else { return }
        writer.segment = nil
        book.withLock { $0.change(segment.name) { $0.isOpen = false } }
        if segment.end == SegmentHeader.bytes {
            book.withLock { $0.remove(segment.name) }
            try directory.remove(segment.name)
        } else {
            try segment.file.descriptor.cut(to: UInt64(segment.end))
            book.withLock { $0.change(segment.name) { $0.size = $0.end } }
        }
    }

    /// Begins a segment. The file gets its name only after its header is on the disk.
    private func open(_ header: SegmentHeader, size: Int, _ writer: inout Writer) throws {
        try makeRoom(UInt64(size), &writer)
        var bytes = ByteBuffer()
        header.write(to: &bytes)
        let temporary = header.name + ".new"
        if directory.holds(temporary) { try directory.remove(temporary) }
        do {
            let file = SegmentFile(try directory.newFile(temporary))
            try file.descriptor.preallocate(UInt64(size))
            try file.descriptor.write(bytes, at: 0)
            try file.descriptor.sync()
            try directory.rename(temporary, to: header.name)
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
        try directory.sync()
    }

    /// Syncs without a lock: a sync may take long, and reading has to go on meanwhile.
    func sync() throws {
        let files = writer.withLock { writer in
            defer { writer.unsynced = [] }
            return writer.unsynced
        }
        var failure: SyncFailure?
        for file in files {
            do {
                try file.descriptor.syncData()
            } catch {
                failure = error
                try writer.withLock { if $0.segment?.file === file { try close(&$0) } }
            }
        }
        if let failure { throw failure }
    }

    // MARK: Acknowledging

    func acknowledge(_ position: StreamPosition) throws {
        let canDelete = book.withLock { book in
            book.acknowledge(position)
            return !book.covered.isEmpty
        }
        if canDelete { try writer.withLock { try removeCovered(&$0) } }
    }

    /// The cursor is made durable even when no segment can be deleted yet, because the next epoch begins after it.
    func finish(_ last: StreamPosition?) throws {
        let (position, open) = book.withLock { book in
            if let last { book.acknowledge(last) }
            return (book.acknowledged, book.segments.first { $0.isOpen && book.isCovered($0) }?.name)
        }
        try writer.withLock { writer in
            if let open, open == writer.segment?.name { try close(&writer) }
            if let position, writer.cursor.position != position { try writer.cursor.move(to: position) }
            try removeCovered(&writer)
        }
    }

    /// Deletes the covered segments, once the cursor that covers them is on the disk.
    func removeCovered(_ writer: inout Writer) throws {
        let (position, covered) = book.withLock { ($0.acknowledged, $0.covered) }
        guard let position, !covered.isEmpty else { return }
        if writer.cursor.position != position { try writer.cursor.move(to: position) }
        for segment in covered {
            try directory.remove(segment.name)
            book.withLock { $0.remove(segment.name) }
        }
    }
}
