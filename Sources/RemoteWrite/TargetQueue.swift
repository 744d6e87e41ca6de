import NIOCore
import StatsCore
import Synchronization

/// The ticks that one target doesn't have: a moment in memory, then on the disk.
final class TargetQueue: Sendable {
    private struct Arrivals {
        var records: [ByteBuffer] = []
        var bytes = 0
        var times: NodeTimes
        var late: UInt64 = 0
        /// Of the oldest record here, in microseconds since 1970.
        var oldest: Int64?
    }

    /// Records wait in memory only until they are written, unless the disk is full.
    private static let mostWaiting = 64 << 20
    private static let mostRead = 4 << 20

    private let arrivals: Mutex<Arrivals>
    private let writing = Mutex(())
    /// Of the bytes that are written at once: a part of a segment.
    private let mostAtOnce: Int
    private let times: Mutex<TimesFile>
    let disk: DiskQueue
    private let columns: ColumnsDirectory
    private let dropped: @Sendable ([ByteBuffer], String) -> Void

    /// - Parameters:
    ///   - columns: what its records are read by; it is on the disk before them.
    ///   - dropped: told of records that the target will never have, and why.
    /// - Throws: `DiskError`, `SyncFailure`.
    init(
        in directory: borrowing Descriptor, name: String, quota: UInt64, interval: Int64, columns: ColumnsDirectory,
        dropped: @escaping @Sendable ([ByteBuffer], String) -> Void,
        notice: @escaping @Sendable (SpoolNotice) -> Void
    ) throws {
        (self.columns, self.dropped) = (columns, dropped)
        disk = try DiskQueue(
            in: directory, name: name, quota: quota, segmentBytes: Int(min(32 << 20, quota / 8)),
            dropped: { dropped($0.map(\.record), "queue_full") }, notice: notice)
        mostAtOnce = Int(min(4 << 20, quota / 8))
        times = Mutex(try TimesFile(in: directory, name: "\(name).times"))
        var known = NodeTimes(interval: interval)
        var next = disk.first ?? disk.next
        while let records = try Optional(disk.read(from: next, limit: Self.mostRead)), let last = records.last {
            for (_, record) in records {
                guard let tick = TickRecord(record.readableBytesSpan), tick.isTick else { continue }
                _ = known.take(tick.node, tick.time, isRepeated: true)
            }
            next = last.number + 1
        }
        arrivals = Mutex(Arrivals(times: known))
    }

    /// Whether a tick goes to this target. It must be offered then.
    func wants(_ node: String, _ time: Int64, isRepeated: Bool) -> Bool {
        let isKnown = arrivals.withLock { $0.times.knows(node) }
        let had = isKnown ? nil : times.withLock { $0[node] }
        return arrivals.withLock { arrivals in
            switch arrivals.times.take(node, time, isRepeated: isRepeated, had: had) {
            case .send: return true
            case .leave: return false
            case .late:
                arrivals.late += 1
                return false
            }
        }
    }

    /// Takes a record over. It never waits for the disk.
    func offer(_ record: ByteBuffer, time: Int64) {
        guard record.readableBytes <= mostAtOnce else { return dropped([record], "too_large") }
        let isTaken = arrivals.withLock { arrivals in
            guard arrivals.bytes + record.readableBytes <= Self.mostWaiting else { return false }
            arrivals.records.append(record)
            arrivals.bytes += record.readableBytes
            if arrivals.oldest == nil { arrivals.oldest = time }
            return true
        }
        if !isTaken { dropped([record], "disk") }
    }

    /// Writes what has come to the disk, where it survives this process; it waits for the disk.
    /// - Throws: `DiskError`, and what has come is kept for the next time; `SyncFailure`.
    func flush() throws {
        try writing.withLock { _ in
            while case let records = arrivals.withLock({ firstRecords(of: $0) }), !records.isEmpty {
                // Those of these records were noted before they were offered.
                try columns.write()
                try disk.append(records)
                let bytes = records.reduce(0) { $0 + $1.readableBytes }
                arrivals.withLock { arrivals in
                    arrivals.records.removeFirst(records.count)
                    arrivals.bytes -= bytes
                    if arrivals.records.isEmpty { arrivals.oldest = nil }
                }
            }
        }
    }

    /// As many records as are written at once, at least one.
    private func firstRecords(of arrivals: Arrivals) -> [ByteBuffer] {
        var bytes = 0
        return Array(
            arrivals.records.prefix { record in
                bytes += record.readableBytes
                return bytes <= mostAtOnce || bytes == record.readableBytes
            })
    }

    /// The target has all records up to this number, which are those ticks.
    /// - Throws: `DiskError`.
    func acknowledge(through number: UInt64, _ ticks: [(node: String, time: Int64)]) throws {
        try times.withLock { times in
            for (node, time) in ticks { times.note(node, time) }
            try times.write()
        }
        try disk.acknowledge(through: number)
    }

    /// Of the oldest record that isn't on the disk.
    var oldest: Int64? { arrivals.withLock { $0.oldest } }

    /// How many ticks were older than those before.
    var late: UInt64 { arrivals.withLock { $0.late } }
}
