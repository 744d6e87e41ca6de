import Logging
import NIOCore
import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files of all streams. Every change on the disk is made under the lock `writer`. The lock `book` is only held for a moment, so that a
/// slow disk doesn't delay a look at the table of contents.
final class SpoolStore: Sendable {
    let directory: Descriptor
    let book: Mutex<SpoolBook>
    let quota: UInt64
    let segmentBytes: Int
    let logger: Logger
    private let writer: Mutex<Writer>

    private struct Writer: ~Copyable {
        var cursor: SpoolCursor
        var segment: SegmentWriter?
        var unsynced: [SegmentFile] = []
    }

    init(
        directory: consuming Descriptor, cursor: consuming SpoolCursor, segments: [SpoolSegment], quota: UInt64, segmentBytes: Int,
        logger: Logger
    ) {
        var book = SpoolBook(acknowledged: cursor.position)
        book.segments = segments
        self.book = Mutex(book)
        self.directory = directory
        self.quota = quota
        self.segmentBytes = segmentBytes
        self.logger = logger
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
                    try open(header, size: max(segmentBytes, SegmentHeader.bytes + size), &writer)
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
    private func removeCovered(_ writer: inout Writer) throws {
        let (position, covered) = book.withLock { ($0.acknowledged, $0.covered) }
        guard let position, !covered.isEmpty else { return }
        if writer.cursor.position != position { try writer.cursor.move(to: position) }
        for segment in covered {
            try directory.remove(segment.name)
            book.withLock { $0.remove(segment.name) }
        }
    }

    // MARK: Dropping

    /// Drops the oldest segments until there is room for `bytes` more.
    private func makeRoom(_ bytes: UInt64, _ writer: inout Writer) throws {
        try removeCovered(&writer)
        while case let (size, oldest?) = book.withLock({ ($0.size, $0.oldest) }), size + bytes > quota {
            try drop(oldest.segment, gaps: oldest.gaps)
        }
    }

    /// Replaces a segment by gaps. They are on the disk before the frames are gone, since a rename replaces the file as a whole.
    private func drop(_ segment: SpoolSegment, gaps: SpoolSegment?) throws {
        let header = segment.header
        let first = book.withLock { $0.firstUnacknowledged(of: header.epoch) } ?? .max
        var folder = GapFolder(epoch: header.epoch)
        for part in [gaps, segment].compactMap(\.self) {
            let bytes = try directory.file(part.name).buffer(0..<UInt64(part.end))
            SegmentScan.records(in: bytes.readableBytesSpan) { record in
                guard record.seq >= first, let frame = bytes.getSlice(at: record.frame.lowerBound, length: record.frame.count) else {
                    return
                }
                folder.add(firstSeq: record.firstSeq, seq: record.seq, frame: frame)
            }
        }
        let names = [gaps?.name, segment.name].compactMap(\.self)
        let name = names[0]
        let replacement = try folder.segment(name: name, epochID: header.epochID, limit: segmentBytes / 16)
        if let (contents, described) = replacement {
            try directory.replace(name, with: Array(contents.readableBytesView))
            book.withLock { $0.replace(names, with: described) }
        }
        for name in names.dropFirst(replacement == nil ? 0 : 1) {
            try directory.remove(name)
            book.withLock { $0.remove(name) }
        }
        book.withLock { $0.dropped += folder.dropped }
        logger.warning(
            "the spool is full: its oldest frames are dropped, and their ticks named as a gap",
            metadata: ["epoch": "\(header.epoch)", "frames": "\(folder.dropped)", "through": "\(segment.lastSeq)"])
    }

    // MARK: Reading

    /// A read may fail because the segment was replaced or deleted meanwhile. So it is repeated once under the lock, where nobody changes segments.
    func read(
        _ seqs: Range<UInt64>, epoch: UInt64, epochID: String, limit: Int
    ) throws -> [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)] {
        do {
            return try look(seqs, epoch: epoch, epochID: epochID, limit: limit)
        } catch {
            return try writer.withLock { _ in
                guard let first = book.withLock({ $0.firstUnacknowledged(of: epoch) }), first < seqs.upperBound else { return [] }
                return try look(max(first, seqs.lowerBound)..<seqs.upperBound, epoch: epoch, epochID: epochID, limit: limit)
            }
        }
    }

    private func look(
        _ seqs: Range<UInt64>, epoch: UInt64, epochID: String, limit: Int
    ) throws -> [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)] {
        var next = seqs.lowerBound
        guard let segment = book.withLock({ book in book.segments.first { $0.isOf(epoch, epochID) && $0.lastSeq >= next && !$0.isEmpty } })
        else { return [] }
        let window = segment.index.window(from: next, limit: limit, end: segment.end)
        let behind = min(max(window.next ?? segment.lastSeq + 1, next + 1), seqs.upperBound)
        let bytes: ByteBuffer
        do {
            bytes = try directory.file(segment.name).buffer(UInt64(window.bytes.lowerBound)..<UInt64(window.bytes.upperBound))
        } catch {
            guard error.code == EIO else { throw error }
            throw SpoolDamage(epoch: epoch, lost: next...behind - 1)
        }
        var frames: [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)] = []
        var size = 0
        var offset = 0
        while size < limit, next < seqs.upperBound, let record = SpoolRecord.next(in: bytes.readableBytesSpan, from: offset) {
            offset = record.end
            if record.seq < next { continue }
            guard record.firstSeq <= next else {
                if frames.isEmpty { throw SpoolDamage(epoch: epoch, lost: next...min(record.firstSeq, seqs.upperBound) - 1) }
                break
            }
            guard let frame = bytes.getSlice(at: record.frame.lowerBound, length: record.frame.count) else { break }
            frames.append((record.firstSeq, record.seq, frame))
            size += record.frame.count
            next = record.seq + 1
        }
        if frames.isEmpty { throw SpoolDamage(epoch: epoch, lost: seqs.lowerBound...behind - 1) }
        return frames
    }
}
