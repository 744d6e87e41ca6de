import NIOCore
import Synchronization

extension SpoolStore {
    /// Drops the oldest segments until there is room for `bytes` more.
    func makeRoom(_ bytes: UInt64, _ writer: inout Writer) throws {
        try removeCovered(&writer)
        while case let (size, oldest?) = book.withLock({ ($0.size, $0.oldest) }), size + bytes > policy.quota {
            try drop(oldest.segment, after: oldest.gaps, &writer)
        }
    }

    /// Puts what replaces them in the place of a segment's frames. It is on the disk before they are gone, since a rename replaces the file as a whole.
    ///
    /// - Parameter gaps: what replaced the frames before, to be merged with what replaces these.
    private func drop(_ segment: SpoolSegment, after gaps: SpoolSegment?, _ writer: inout Writer) throws {
        let header = segment.header
        let first = book.withLock { $0.firstUnacknowledged(of: header.epoch) } ?? .max
        var frames: [SpooledFrame] = []
        for part in [gaps, segment].compactMap(\.self) {
            guard let bytes = try contents(of: part) else { continue }
            SegmentScan.records(in: bytes.readableBytesSpan) { record in
                guard record.seq >= first, let frame = bytes.getSlice(at: record.frame.lowerBound, length: record.frame.count) else {
                    return
                }
                frames.append((record.firstSeq, record.seq, frame))
            }
        }
        let names = [gaps?.name, segment.name].compactMap(\.self)
        let from = min(max((gaps ?? segment).header.firstSeq, first), segment.lastSeq)
        let dropped = DroppedFrames(epoch: header.epoch, seqs: from...segment.lastSeq, frames: frames, room: policy.segmentBytes / 16)
        let replacement = try policy.replace(dropped)
        if let (contents, described) = replacement.segment(name: names[0], epoch: header.epoch, epochID: header.epochID) {
            try directory.replace(names[0], with: Array(contents.readableBytesView))
            book.withLock { $0.replace(names, with: described) }
        }
        for name in names.dropFirst(replacement.frames.isEmpty ? 0 : 1) {
            try remove(name, &writer)
        }
        book.withLock { $0.dropped += replacement.dropped }
        policy.gone(dropped)
        policy.notice(.dropped(epoch: header.epoch, frames: replacement.dropped, through: segment.lastSeq))
    }

    /// - Returns: nil for a segment of a queue that can't be read: the room is needed for others.
    private func contents(of segment: SpoolSegment) throws -> ByteBuffer? {
        do {
            return try directory.file(segment.name).buffer(0..<UInt64(segment.end))
        } catch {
            guard policy.isQueue else { throw error }
            policy.notice(.unreadable(file: directory.child(segment.name), renamed: nil))
            return nil
        }
    }
}

extension SpoolReplacement {
    /// The segment with these frames; nil when there are none.
    fileprivate func segment(name: String, epoch: UInt64, epochID: String) -> (contents: ByteBuffer, described: SpoolSegment)? {
        guard let first = frames.first, let last = frames.last else { return nil }
        let header = SegmentHeader(epoch: epoch, epochID: epochID, firstSeq: first.firstSeq, isGaps: true)
        var contents = ByteBuffer()
        header.write(to: &contents)
        var described = SpoolSegment(name: name, header: header, lastSeq: last.seq, end: 0, size: 0)
        for (firstSeq, seq, frame) in frames {
            described.index.add(firstSeq: firstSeq, offset: contents.readableBytes)
            SpoolRecord.write(firstSeq: firstSeq, seq: seq, frame: frame, to: &contents)
        }
        described.end = contents.readableBytes
        described.size = contents.readableBytes
        return (contents, described)
    }
}
