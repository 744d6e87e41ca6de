import StatsCore

/// What the stream says of one node: what the recorder knows of its agent, and the newest values of its host, file systems and agent.
struct LiveNode: Sendable, Equatable {
    /// Counters of the host, or summed over its devices, which rates are made of.
    private struct Counters: Sendable, Equatable {
        var cpuWaiting: UInt64?
        var memoryWaiting: UInt64?
        var ioWaiting: UInt64?
        var readSectors: UInt64?
        var writtenSectors: UInt64?
        var received: UInt64?
        var sent: UInt64?
        var agentCPU: UInt64?
    }

    /// What its rows say.
    struct Readings: Sendable, Equatable {
        fileprivate var cores: Double?
        fileprivate(set) var cpuPercent: Double?
        fileprivate var memoryTotal: Double?
        fileprivate var memoryAvailable: Double?
        fileprivate(set) var memoryPercent: Double?
        fileprivate var load: Double?
        fileprivate(set) var cpuPressure: Double?
        fileprivate(set) var memoryPressure: Double?
        fileprivate(set) var ioPressure: Double?
        fileprivate var fullest: Filesystem?
        fileprivate(set) var readPerSecond: Double?
        fileprivate(set) var writtenPerSecond: Double?
        fileprivate(set) var receivedPerSecond: Double?
        fileprivate(set) var sentPerSecond: Double?
        fileprivate var agentCPUPercent: Double?
        fileprivate var agentRSS: Double?
        fileprivate var agentLateness: Double?
        private var counters = Counters()
    }

    fileprivate struct Filesystem: Sendable, Equatable {
        let mount: String
        let usedPercent: Double
        let available: Double
    }

    var report: NodeReport
    /// Since when nothing has been heard of its agent, in microseconds; `nil` while it is connected.
    var lostFor: Int64?
    var readings = Readings()

    static let fields: [LiveField<LiveNode>] =
        [
            LiveField("connected") { .flag($0.report.isConnected) },
            LiveField("lost_ms") { .number($0.lostFor.map { Double($0 / 1000) }) },
            LiveField("address") { .text($0.report.address) },
            LiveField("version") { .text($0.report.version) },
            LiveField("kernel") { .text($0.report.kernel) },
            LiveField("cgroup") { .text($0.report.cgroup) },
            LiveField("privileged") { .flag($0.report.privileged) },
            LiveField("containers") { .number(Double($0.report.containers)) },
            LiveField("processes") { .number(Double($0.report.processes)) },
            LiveField("last_tick_age_ms") { .number($0.report.lastTickAgeMs.map { Double($0) }) },
            LiveField("clock_offset_us") { .number($0.report.clockOffsetUs.map { Double($0) }) },
            LiveField("clock_error_us") { .number($0.report.clockErrorUs.map { Double($0) }) },
            LiveField("backlog_frames") { .number($0.report.backlogFrames.map { Double($0) }) },
            LiveField("ticks") { .number($0.report.ticks.map { Double($0) }) },
            LiveField("missing") { .counts($0.report.missing) },
        ] + Readings.fields.map { field in LiveField(field.name) { field.value($0.readings) } }
}

extension LiveNode.Readings {
    static let fields: [LiveField<LiveNode.Readings>] = [
        LiveField("cores") { .number($0.cores) },
        LiveField("cpu_percent") { .number($0.cpuPercent) },
        LiveField("memory_total_bytes") { .number($0.memoryTotal) },
        LiveField("memory_available_bytes") { .number($0.memoryAvailable) },
        LiveField("memory_percent") { .number($0.memoryPercent) },
        LiveField("load1") { .number($0.load) },
        LiveField("psi_cpu_percent") { .number($0.cpuPressure) },
        LiveField("psi_memory_percent") { .number($0.memoryPressure) },
        LiveField("psi_io_percent") { .number($0.ioPressure) },
        LiveField("disk_mount") { .text($0.fullest?.mount) },
        LiveField("disk_used_percent") { .number($0.fullest?.usedPercent) },
        LiveField("disk_available_bytes") { .number($0.fullest?.available) },
        LiveField("disk_read_bytes_per_s") { .number($0.readPerSecond) },
        LiveField("disk_write_bytes_per_s") { .number($0.writtenPerSecond) },
        LiveField("rx_bytes_per_s") { .number($0.receivedPerSecond) },
        LiveField("tx_bytes_per_s") { .number($0.sentPerSecond) },
        LiveField("agent_cpu_percent") { .number($0.agentCPUPercent) },
        LiveField("agent_rss_bytes") { .number($0.agentRSS) },
        LiveField("agent_lateness_us") { .number($0.agentLateness) },
    ]

    init(_ rows: LiveRows, since old: LiveNode.Readings?, _ rate: LiveRate) {
        rows.forEachRow(of: .host) { readHost($0) }
        let count = rows.count(of: .cpu)
        cores = count > 0 ? Double(count) : nil
        rows.forEachRow(of: .disk) { row in
            if Self.isStacked(row.text("device")) { return }
            counters.readSectors = Self.sum(counters.readSectors, row.count("read_sectors"))
            counters.writtenSectors = Self.sum(counters.writtenSectors, row.count("write_sectors"))
        }
        rows.forEachRow(of: .network) { row in
            if Self.isStacked(row.text("interface")) { return }
            counters.received = Self.sum(counters.received, row.count("rx_bytes"))
            counters.sent = Self.sum(counters.sent, row.count("tx_bytes"))
        }
        rows.forEachRow(of: .filesystem) { row in
            guard let filesystem = Self.filesystem(row) else { return }
            if filesystem.usedPercent > fullest?.usedPercent ?? -1 { fullest = filesystem }
        }
        rows.forEachRow(of: .agent) { row in
            agentRSS = row.number("rss_bytes")?.wholeKiB
            agentLateness = row.number("lateness_us")
            counters.agentCPU = row.count("cpu_us")
        }
        if let old { compare(with: old, rate) }
    }

    private mutating func readHost(_ row: LiveRow) {
        cpuPercent = row.number("cpu_percent")?.tenths
        memoryTotal = row.number("memory_total_bytes")
        memoryAvailable = row.number("memory_available_bytes")?.wholeKiB
        memoryPercent = row.number("memory_percent")?.tenths
        load = row.number("load1")
        counters.cpuWaiting = row.count("psi_cpu_some_us")
        counters.memoryWaiting = row.count("psi_memory_some_us")
        counters.ioWaiting = row.count("psi_io_some_us")
    }

    private mutating func compare(with old: LiveNode.Readings, _ rate: LiveRate) {
        cpuPressure = rate.percent(counters.cpuWaiting, old.counters.cpuWaiting)?.tenths
        memoryPressure = rate.percent(counters.memoryWaiting, old.counters.memoryWaiting)?.tenths
        ioPressure = rate.percent(counters.ioWaiting, old.counters.ioWaiting)?.tenths
        // Sectors of 512 bytes, whatever the disk's are.
        readPerSecond = rate.perSecond(counters.readSectors, old.counters.readSectors).map { ($0 * 512).rounded() }
        writtenPerSecond = rate.perSecond(counters.writtenSectors, old.counters.writtenSectors).map { ($0 * 512).rounded() }
        receivedPerSecond = rate.perSecond(counters.received, old.counters.received)?.rounded()
        sentPerSecond = rate.perSecond(counters.sent, old.counters.sent)?.rounded()
        agentCPUPercent = rate.percent(counters.agentCPU, old.counters.agentCPU)?.tenths
    }

    /// Whether a device is made of others, which carry and count the same bytes: volumes and arrays, bridges, bonds, VLANs; and the loopback.
    private static func isStacked(_ name: String?) -> Bool {
        guard let name else { return false }
        return name == "lo" || name.contains(".")
            || ["dm-", "md", "docker", "br-", "virbr", "bond", "team", "cni", "flannel", "ifb"].contains { name.hasPrefix($0) }
    }

    /// The sum of the values that are known; `nil` while there is none.
    private static func sum(_ sum: UInt64?, _ value: UInt64?) -> UInt64? {
        guard let value else { return sum }
        return (sum ?? 0) &+ value
    }

    /// How full a file system is, as `df` says it: used over used and available, what is kept for root left out.
    private static func filesystem(_ row: LiveRow) -> LiveNode.Filesystem? {
        guard let mount = row.text("mount"), let usedPercent = usedPercent(row), let available = row.number("available_bytes") else {
            return nil
        }
        return LiveNode.Filesystem(mount: mount, usedPercent: usedPercent, available: available.wholeKiB)
    }

    static func usedPercent(_ row: LiveRow) -> Double? {
        guard let size = row.number("size_bytes"), let free = row.number("free_bytes"), let available = row.number("available_bytes"),
            size - free + available > 0
        else { return nil }
        return ((size - free) / (size - free + available) * 100).tenths
    }
}
