/// What is known of one segment without reading it.
struct SpoolSegment: Sendable {
    let name: String
    let header: SegmentHeader
    /// The last seq in it; below the header's first while it is empty.
    var lastSeq: UInt64
    var index = SegmentIndex()
    /// The offset after its last record.
    var end: Int
    /// The size of its file.
    var size: Int
    /// Whether frames are still appended.
    var isOpen = false

    /// The bytes that the file takes on the disk, in blocks of 4 KiB.
    var blocks: UInt64 { UInt64((size + 4095) / 4096 * 4096) }
    var isEmpty: Bool { end == SegmentHeader.bytes }

    func isOf(_ epoch: UInt64, _ epochID: String) -> Bool { header.epoch == epoch && header.epochID == epochID }
}

/// The spool's table of contents: a value without any I/O.
struct SpoolBook: Sendable {
    /// In order of (epoch, seq).
    var segments: [SpoolSegment] = []
    /// The last frame that is on the collector's disk. The cursor on this disk may be older.
    private(set) var acknowledged: StreamPosition?
    /// Frames that were replaced by a gap since the start.
    var dropped: UInt64 = 0

    init(acknowledged: StreamPosition?) { self.acknowledged = acknowledged }

    // MARK: Acknowledgement

    /// Notes an acknowledgement. Epochs are delivered in order, so an acknowledgement of a later epoch is ignored while an earlier one isn't
    /// acknowledged: it would cover frames that the collector doesn't have.
    mutating func acknowledge(_ position: StreamPosition) {
        guard !segments.contains(where: { $0.header.epoch < position.epoch && !isCovered($0) }) else { return }
        if let acknowledged, (acknowledged.epoch, acknowledged.seq) >= (position.epoch, position.seq) { return }
        acknowledged = position
    }

    /// The first unacknowledged seq of an epoch; nil when the whole epoch is acknowledged.
    func firstUnacknowledged(of epoch: UInt64) -> UInt64? {
        guard let acknowledged, acknowledged.epoch >= epoch else { return 0 }
        return acknowledged.epoch == epoch && acknowledged.seq < .max ? acknowledged.seq + 1 : nil
    }

    func isCovered(_ segment: SpoolSegment) -> Bool {
        firstUnacknowledged(of: segment.header.epoch).map { segment.lastSeq < $0 } ?? true
    }

    func isCovered(_ name: String) -> Bool { segments.last { $0.name == name }.map(isCovered) ?? false }

    /// The segments that may be deleted.
    var covered: [SpoolSegment] { segments.filter { !$0.isOpen && isCovered($0) } }

    // MARK: Contents

    /// The frames of an epoch from its first segment to its last, acknowledged or not.
    func bounds(of epoch: UInt64, _ epochID: String) -> Range<UInt64>? {
        func isOwn(_ segment: SpoolSegment) -> Bool { segment.isOf(epoch, epochID) && !segment.isEmpty }
        guard let first = segments.first(where: isOwn), let last = segments.last(where: isOwn) else { return nil }
        // A header may lie.
        return min(first.header.firstSeq, last.lastSeq)..<last.lastSeq + 1
    }

    /// Bytes that aren't acknowledged, accurate to some 32 KiB in a segment that is acknowledged in part.
    var bytes: UInt64 {
        segments.reduce(0) { sum, segment in
            guard !segment.isEmpty, !isCovered(segment), let first = firstUnacknowledged(of: segment.header.epoch) else { return sum }
            return sum + UInt64(segment.end - segment.index.offset(of: first))
        }
    }

    /// Bytes that the segments take on the disk.
    var size: UInt64 { segments.reduce(0) { $0 + $1.blocks } }

    /// The next segment to drop when there is no more room, and the segment of gaps before it with which its own gaps can be merged.
    var oldest: (segment: SpoolSegment, gaps: SpoolSegment?)? {
        guard let index = segments.firstIndex(where: { !$0.header.isGaps && !$0.isOpen }) else { return nil }
        let segment = segments[index]
        guard index > 0, segments[index - 1].isOf(segment.header.epoch, segment.header.epochID) else { return (segment, nil) }
        return (segment, segments[index - 1])
    }

    // MARK: Changes

    mutating func change(_ name: String, _ body: (inout SpoolSegment) -> Void) {
        if let index = segments.lastIndex(where: { $0.name == name }) { body(&segments[index]) }
    }

    mutating func remove(_ name: String) { segments.removeAll { $0.name == name } }

    /// Replaces segments by the segment of gaps for their frames.
    mutating func replace(_ names: [String], with segment: SpoolSegment) {
        guard let index = segments.firstIndex(where: { names.contains($0.name) }) else { return }
        segments.removeAll { names.contains($0.name) }
        segments.insert(segment, at: index)
    }
}
