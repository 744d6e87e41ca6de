/// Where to look for a frame in a segment: one entry for some 32 KiB of it, whatever the frames' size.
struct SegmentIndex: Sendable {
    private static let stride = 32 * 1024
    private var entries: [(seq: UInt64, offset: Int)] = []

    /// Notes a record; they come in order.
    mutating func add(firstSeq: UInt64, offset: Int) {
        if let last = entries.last, offset - last.offset < Self.stride { return }
        entries.append((firstSeq, offset))
    }

    /// Where the record of `seq` begins, or an earlier one.
    func offset(of seq: UInt64) -> Int { entries[entry(of: seq)].offset }

    /// About `limit` bytes of whole records, among them the one of `seq`; and the number behind them, nil at the end.
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
