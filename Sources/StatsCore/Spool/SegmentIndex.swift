/// Finds a frame in a segment: one entry for about 32 KiB, whatever the size of the frames.
struct SegmentIndex: Sendable {
    private static let stride = 32 * 1024
    private var entries: [(seq: UInt64, offset: Int)] = []

    /// Adds the next record.
    mutating func add(firstSeq: UInt64, offset: Int) {
        if let last = entries.last, offset - last.offset < Self.stride { return }
        entries.append((firstSeq, offset))
    }

    /// The offset of the record of `seq`, or of an earlier one.
    func offset(of seq: UInt64) -> Int { entries[entry(of: seq)].offset }

    /// A range of about `limit` bytes of whole records, including that of `seq`; and the number of the next record, nil at the end.
    func window(from seq: UInt64, limit: Int, end: Int) -> (bytes: Range<Int>, next: UInt64?) {
        let start = entries[entry(of: seq)].offset
        let behind = entries.dropFirst(entry(of: seq) + 1).first { $0.offset - start >= limit }
        return (start..<(behind?.offset ?? end), behind?.seq)
    }

    private func entry(of seq: UInt64) -> Int {
        var low = 0
        var high = entries.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if entries[middle].seq <= seq { low = middle } else { high = middle }
        }
        return low
    }
}
