/// What a node used over a recording, of its operating system's tables.
struct HostUse: Encodable, Sendable, Equatable {
    let node: String
    /// Of all cores' time.
    var cpuPercent: Double?
    var cpuPeakPercent: Double?
    /// What isn't to be had without swapping.
    var memoryMeanBytes: UInt64?
    var memoryPeakBytes: UInt64?
    var memoryTotalBytes: UInt64?
    var received = Traffic()
    var sent = Traffic()
    var read = Traffic()
    var written = Traffic()

    /// Bytes of all devices that carry some of their own.
    struct Traffic: Encodable, Sendable, Equatable {
        /// In all; `nil` with less than two readings.
        var bytes: UInt64?
        /// A second: the mean, and the most between two ticks.
        var mean: Double?
        var peak: Double?

        enum CodingKeys: String, CodingKey {
            case bytes
            case mean = "bytes_per_s"
            case peak = "peak_bytes_per_s"
        }

        init() {}

        init(_ use: MeasureUse?) { (bytes, mean, peak) = (use?.total.flatMap(whole), use?.mean, use?.max) }
    }

    enum CodingKeys: String, CodingKey {
        case node
        case cpuPercent = "cpu_percent"
        case cpuPeakPercent = "cpu_peak_percent"
        case memoryMeanBytes = "memory_mean_bytes"
        case memoryPeakBytes = "memory_peak_bytes"
        case memoryTotalBytes = "memory_total_bytes"
        case received = "network_received"
        case sent = "network_sent"
        case read = "disk_read"
        case written = "disk_written"
    }

    init(_ use: SubjectUse, memoryTotalBytes: UInt64?) {
        node = use.subject.node
        (cpuPercent, cpuPeakPercent) = (use[Measure.cpu]?.mean, use[Measure.cpu]?.max)
        memoryMeanBytes = use[Measure.memory]?.mean.flatMap(whole)
        memoryPeakBytes = use[Measure.memory]?.max.flatMap(whole)
        self.memoryTotalBytes = memoryTotalBytes
        (received, sent) = (Traffic(use[Measure.received]), Traffic(use[Measure.sent]))
        (read, written) = (Traffic(use[Measure.read]), Traffic(use[Measure.written]))
    }
}
