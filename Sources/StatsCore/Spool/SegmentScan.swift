/// The result of checking every record of a segment.
struct SegmentScan {
    /// Contiguous ranges of frames, in order.
    private(set) var ranges: [Range<UInt64>] = []
    private(set) var index = SegmentIndex()
    /// The offset after the last good record. Behind it are zeros that were never written, or a torn write.
    private(set) var end = SegmentHeader.bytes
    /// Whether there is damage between good records.
    private(set) var isDamaged = false
    /// Whether there are bytes other than zeros after the last good record.
    private(set) var isTorn = false

    init(_ bytes: RawSpan) {
        Self.records(in: bytes) { record in
            isDamaged = isDamaged || record.start != end
            end = record.end
            index.add(firstSeq: record.firstSeq, offset: record.start)
            if let last = ranges.last, last.upperBound == record.firstSeq {
                ranges[ranges.count - 1] = last.lowerBound..<record.seq + 1
            } else {
                ranges.append(record.firstSeq..<record.seq + 1)
            }
        }
        end = min(end, bytes.byteCount)
        for offset in end..<bytes.byteCount where bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) != 0 {
            isTorn = true
            break
        }
    }

    /// Calls `body` with every good record of a whole segment whose number is higher than those of all records before it.
    static func records(in bytes: RawSpan, _ body: (SpoolRecord) -> Void) {
        // Frames are numbered from 1.
        var next: UInt64 = 1
        var offset = SegmentHeader.bytes
        while let record = SpoolRecord.next(in: bytes, from: offset) {
            offset = record.end
            guard record.firstSeq >= next else { continue }
            next = record.seq + 1
            body(record)
        }
    }
}
