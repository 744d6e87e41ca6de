import StatsCore

extension EngineStats {
    /// What a list of `blkio_stats` sums to, over the devices.
    private struct BlockIOSums {
        var reads: UInt64?
        var writes: UInt64?
        var discards: UInt64?
        var syncs: UInt64?
        var asyncs: UInt64?
        var total: UInt64?
    }

    /// `blkio_stats`: bytes and operations by device and kind. The engine writes `null` where the kernel told it nothing, which
    /// includes cgroup v2 before the first operation, and an empty list under v1 before the first operation: then all sums are 0.
    static func decodeBlockIO(_ bytes: RawSpan, _ range: Range<Int>, into counters: inout ContainerCounters) {
        let cursor = ByteCursor(bytes)
        members(bytes, range) { key, value in
            if cursor.matches(key, "io_service_bytes_recursive") {
                guard let sums = sum(bytes, value) else { return }
                counters.ioReadBytes = sums.reads
                counters.ioWriteBytes = sums.writes
                counters.ioDiscardBytes = sums.discards
                counters.ioSyncBytes = sums.syncs
                counters.ioAsyncBytes = sums.asyncs
                counters.ioTotalBytes = sums.total
            } else if cursor.matches(key, "io_serviced_recursive") {
                guard let sums = sum(bytes, value) else { return }
                counters.ioReads = sums.reads
                counters.ioWrites = sums.writes
            }
        }
    }

    private static func sum(_ bytes: RawSpan, _ range: Range<Int>) -> BlockIOSums? {
        let cursor = ByteCursor(bytes)
        guard cursor.byte(range.lowerBound) == UInt8(ascii: "[") else { return nil }
        var sums = BlockIOSums()
        var isEmpty = true
        var scanner = JSONScanner(bytes, at: range.lowerBound)
        scanner.elements { element in
            isEmpty = false
            var kind: UInt8?
            var amount: UInt64?
            members(bytes, element) { key, value in
                if cursor.matches(key, "op") {
                    kind = operation(cursor, value)
                } else if cursor.matches(key, "value") {
                    amount = number(bytes, value)
                }
            }
            switch kind {
            case UInt8(ascii: "r"): add(amount, to: &sums.reads)
            case UInt8(ascii: "w"): add(amount, to: &sums.writes)
            case UInt8(ascii: "d"): add(amount, to: &sums.discards)
            case UInt8(ascii: "s"): add(amount, to: &sums.syncs)
            case UInt8(ascii: "a"): add(amount, to: &sums.asyncs)
            case UInt8(ascii: "t"): add(amount, to: &sums.total)
            default: break
            }
        }
        return isEmpty ? BlockIOSums(reads: 0, writes: 0, discards: 0, syncs: 0, asyncs: 0, total: 0) : sums
    }

    /// The small first letter of the operation, which tells the six apart: v1 writes `Read`, v2 `read`.
    private static func operation(_ cursor: borrowing ByteCursor, _ value: Range<Int>) -> UInt8? {
        guard value.count > 2 else { return nil }
        return cursor.byte(value.lowerBound + 1) | 0x20
    }
}
