import StatsCore

extension EngineStats {
    /// The sums of a list of `blkio_stats` over the devices.
    private struct BlockIOSums {
        var reads: UInt64?
        var writes: UInt64?
        var discards: UInt64?
        var syncs: UInt64?
        var asyncs: UInt64?
        var total: UInt64?
        var readRequests: UInt64?
        var writeRequests: UInt64?
    }

    /// `blkio_stats`: bytes and operations by device and kind. The engine writes `null` or an empty list where the kernel gave it no device's line:
    /// the counters stay absent, as `BlkioSums` has it.
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
                counters.ioReads = sums.readRequests ?? counters.ioReads
                counters.ioWrites = sums.writeRequests ?? counters.ioWrites
            } else if cursor.matches(key, "io_serviced_recursive") {
                guard let sums = sum(bytes, value) else { return }
                counters.ioReads = sums.reads ?? counters.ioReads
                counters.ioWrites = sums.writes ?? counters.ioWrites
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
            var operation = Operation.other
            var amount: UInt64?
            members(bytes, element) { key, value in
                if cursor.matches(key, "op") {
                    operation = Operation(cursor, value)
                } else if cursor.matches(key, "value") {
                    amount = number(bytes, value)
                }
            }
            switch operation {
            case .read: add(amount, to: &sums.reads)
            case .write: add(amount, to: &sums.writes)
            case .discard: add(amount, to: &sums.discards)
            case .sync: add(amount, to: &sums.syncs)
            case .async: add(amount, to: &sums.asyncs)
            case .total: add(amount, to: &sums.total)
            case .readRequests: add(amount, to: &sums.readRequests)
            case .writeRequests: add(amount, to: &sums.writeRequests)
            case .other: break
            }
        }
        return isEmpty ? nil : sums
    }

    /// The quantity that an entry counts. v1 writes `Read`, v2 `read`; Podman 4.2 and 4.3 write the names of io.stat (`rbytes`, `rios`, …) and
    /// mix the numbers of requests with the bytes.
    private enum Operation {
        case read, write, discard, sync, async, total
        case readRequests, writeRequests
        case other

        /// - Parameter value: a JSON string with its quotes.
        init(_ cursor: borrowing ByteCursor, _ value: Range<Int>) {
            guard value.count > 2 else {
                self = .other
                return
            }
            let name = value.lowerBound + 1..<value.upperBound - 1
            if cursor.matches(name, "Read") || cursor.matches(name, "read") || cursor.matches(name, "rbytes") {
                self = .read
            } else if cursor.matches(name, "Write") || cursor.matches(name, "write") || cursor.matches(name, "wbytes") {
                self = .write
            } else if cursor.matches(name, "Discard") || cursor.matches(name, "discard") || cursor.matches(name, "dbytes") {
                self = .discard
            } else if cursor.matches(name, "Sync") || cursor.matches(name, "sync") {
                self = .sync
            } else if cursor.matches(name, "Async") || cursor.matches(name, "async") {
                self = .async
            } else if cursor.matches(name, "Total") || cursor.matches(name, "total") {
                self = .total
            } else if cursor.matches(name, "rios") {
                self = .readRequests
            } else if cursor.matches(name, "wios") {
                self = .writeRequests
            } else {
                self = .other
            }
        }
    }
}
