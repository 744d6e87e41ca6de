import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Finds the frames that earlier epochs left in the spool directory. Repeating it, or killing it in the middle and repeating it, gives the same files.
struct SpoolRecovery {
    private(set) var segments: [SpoolSegment] = []
    /// Contiguous ranges of frames that aren't acknowledged, in order of (epoch, seq).
    private(set) var streams: [(epoch: UInt64, epochID: String, bounds: Range<UInt64>)] = []
    private let isQueue: Bool
    private let notice: (SpoolNotice) -> Void

    /// A file larger than this is no segment of ours. A segment is read as a whole, and this one would not fit into memory.
    static let sizeLimit: UInt64 = 256 << 20

    init(in directory: borrowing Descriptor, cursor: StreamPosition?, isQueue: Bool = false, notice: @escaping (SpoolNotice) -> Void) throws
    {
        self.isQueue = isQueue
        self.notice = notice
        var found: [(segment: SpoolSegment, ranges: [Range<UInt64>])] = []
        for name in directory.names(of: Int(DT_REG)).sorted() {
            if name.hasSuffix(".new") {
                // The process was killed before this file had become a segment.
                try directory.remove(name)
            } else if name.hasSuffix(SegmentHeader.suffix), let segment = try scan(name, in: directory) {
                found.append(segment)
            }
        }
        found.sort { ($0.segment.header.epoch, $0.segment.header.firstSeq) < ($1.segment.header.epoch, $1.segment.header.firstSeq) }
        let book = SpoolBook(acknowledged: cursor)
        for (segment, ranges) in found {
            // The process was killed between writing the cursor and deleting the segment, or between writing the gaps and deleting the segment.
            let isNamed =
                segments.last.map { $0.isOf(segment.header.epoch, segment.header.epochID) && $0.lastSeq >= segment.lastSeq } ?? false
            if isNamed || book.isCovered(segment) {
                try directory.remove(segment.name)
                continue
            }
            segments.append(segment)
            guard let first = book.firstUnacknowledged(of: segment.header.epoch) else { continue }
            for range in ranges where range.upperBound > first {
                add(max(range.lowerBound, first)..<range.upperBound, of: segment.header)
            }
        }
    }

    private mutating func add(_ range: Range<UInt64>, of header: SegmentHeader) {
        if let last = streams.last, last.epoch == header.epoch, last.epochID == header.epochID, range.lowerBound <= last.bounds.upperBound {
            streams[streams.count - 1].bounds = last.bounds.lowerBound..<max(last.bounds.upperBound, range.upperBound)
        } else {
            streams.append((header.epoch, header.epochID, range))
        }
    }

    /// A queue's segment may have come to the disk without its header, when the power was cut, so its name will do. One with an id is no queue's.
    private func header(of name: String, _ bytes: RawSpan) -> SegmentHeader? {
        guard isQueue else { return SegmentHeader(bytes) }
        return (SegmentHeader(bytes) ?? SegmentHeader(ofQueue: name)).flatMap { DiskQueue.owns($0) ? $0 : nil }
    }

    /// Checks one segment, and cuts off what follows its last good record.
    /// - Returns: nil when there is no frame in it.
    private func scan(_ name: String, in directory: borrowing Descriptor) throws -> (segment: SpoolSegment, ranges: [Range<UInt64>])? {
        let file = try directory.writableFile(name)
        let size = try file.size()
        let bytes = size > Self.sizeLimit ? nil : try? file.buffer(0..<size)
        guard let bytes, let header = self.header(of: name, bytes.readableBytesSpan) else {
            notice(.unreadable(file: directory.child(name), renamed: isQueue ? nil : "\(name).damaged"))
            if isQueue { try directory.remove(name) } else { try directory.rename(name, to: name + ".damaged") }
            return nil
        }
        let scan = SegmentScan(bytes.readableBytesSpan)
        if scan.isDamaged { notice(.damaged(file: directory.child(name))) }
        if scan.isTorn { notice(.torn(file: directory.child(name), length: scan.end)) }
        guard let last = scan.ranges.last?.last else {
            try directory.remove(name)
            return nil
        }
        if UInt64(scan.end) < size { try file.cut(to: UInt64(scan.end)) }
        return (SpoolSegment(name: name, header: header, lastSeq: last, index: scan.index, end: scan.end, size: scan.end), scan.ranges)
    }
}
