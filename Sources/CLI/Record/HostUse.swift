import StatsCore
import SystemPackage

/// What a node used over a run, of its operating system's tables.
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
    /// At its first row, in microseconds since boot.
    var uptime: UInt64?

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
}

/// Reads host.csv, network.csv and disk.csv of a run.
struct HostUsage: Sendable {
    private(set) var hosts: [HostUse] = []

    /// - Throws: `DiskError` when a file can't be read, `CSVReader.RowTooLong`.
    init(directory: FilePath, intervalUs: Int64) throws {
        try readHosts(directory.appending("host.csv"))
        let network = try TrafficScan(
            file: directory.appending("network.csv"), device: "interface", counters: ["rx_bytes", "tx_bytes"], intervalUs: intervalUs)
        let disk = try TrafficScan(
            file: directory.appending("disk.csv"), device: "device", counters: ["read_sectors", "write_sectors"], times: 512,
            intervalUs: intervalUs)
        for index in hosts.indices {
            let node = hosts[index].node
            (hosts[index].received, hosts[index].sent) = (network.traffic(of: node, 0), network.traffic(of: node, 1))
            (hosts[index].read, hosts[index].written) = (disk.traffic(of: node, 0), disk.traffic(of: node, 1))
        }
    }

    var uptimes: [String: UInt64] { Dictionary(hosts.compactMap { host in host.uptime.map { (host.node, $0) } }) { first, _ in first } }

    private mutating func readHosts(_ file: FilePath) throws {
        let columns = ["node", "cpu_percent", "memory_total_bytes", "memory_available_bytes", "uptime_us"]
        var header = try CSVReader(path: file.string)
        guard let all = try header.next() else { return }
        var rows = try TableCursor(CSVReader(path: file.string), TableColumns(columns, of: all))
        var places: [String: Int] = [:]
        var cpu: [MeanAndPeak] = []
        var memory: [MeanAndPeak] = []
        while try rows.advance() {
            let row = rows.row
            let node = row.text("node") ?? ""
            if places[node] == nil {
                places[node] = hosts.count
                hosts.append(HostUse(node: node, uptime: row.count("uptime_us")))
                cpu.append(MeanAndPeak())
                memory.append(MeanAndPeak())
            }
            guard let place = places[node] else { continue }
            cpu[place].add(row.number("cpu_percent"))
            if let total = row.number("memory_total_bytes"), let available = row.number("memory_available_bytes") {
                memory[place].add(total - available)
                hosts[place].memoryTotalBytes = row.count("memory_total_bytes")
            }
        }
        for place in hosts.indices {
            (hosts[place].cpuPercent, hosts[place].cpuPeakPercent) = (cpu[place].mean, cpu[place].peak)
            hosts[place].memoryMeanBytes = memory[place].mean.flatMap { UInt64(exactly: $0.rounded()) }
            hosts[place].memoryPeakBytes = memory[place].peak.flatMap { UInt64(exactly: $0) }
        }
    }
}

/// Adds up counters of all devices of each node.
private struct TrafficScan {
    private struct Node {
        var tick: UInt64?
        /// Of the tick whose rows are being read, and of the one before, with the time between.
        var grown: [UInt64?]
        var totals: [UInt64?]
        var peaks: [Double?]
        var first: UInt64?
        var last: UInt64?
        var devices: Set<String> = []

        init(_ count: Int) {
            grown = Array(repeating: nil, count: count)
            totals = grown
            peaks = Array(repeating: nil, count: count)
        }
    }

    private struct Last {
        var tick: UInt64
        var values: [UInt64?]
    }

    private let intervalUs: Int64
    private var nodes: [String: Node] = [:]

    init(file: FilePath, device: String, counters: [String], times: UInt64 = 1, intervalUs: Int64) throws {
        self.intervalUs = intervalUs
        var header = try CSVReader(path: file.string)
        guard let all = try header.next() else { return }
        var rows = try TableCursor(CSVReader(path: file.string), TableColumns(["tick", "node", device] + counters, of: all))
        var before: [[String]: Last] = [:]
        while try rows.advance() {
            let row = rows.row
            guard let tick = row.count("tick"), let name = row.text(device), !Devices.isStacked(name) else { continue }
            let node = row.text("node") ?? ""
            var sums = nodes[node] ?? Node(counters.count)
            sums.devices.insert(name)
            if Devices.isPartition(name, of: sums.devices) { continue }
            if sums.tick != tick { endTick(&sums) }
            sums.tick = tick
            sums.first = sums.first ?? tick
            sums.last = tick
            let values = counters.map { row.count($0).map { $0 &* times } }
            if let last = before[[node, name]], last.tick < tick {
                for index in counters.indices {
                    guard let old = last.values[index], let new = values[index] else { continue }
                    let growth = Rates.growthOverRestarts(from: old, to: new)
                    sums.totals[index] = (sums.totals[index] ?? 0) &+ growth
                    // Over more than one tick it isn't known when: the mean of that time.
                    sums.grown[index] = (sums.grown[index] ?? 0) &+ growth / (tick - last.tick)
                }
            }
            before[[node, name]] = Last(tick: tick, values: values)
            nodes[node] = sums
        }
        for name in nodes.keys {
            if var sums = nodes[name] {
                endTick(&sums)
                nodes[name] = sums
            }
        }
    }

    private func endTick(_ node: inout Node) {
        for index in node.grown.indices {
            guard let grown = node.grown[index] else { continue }
            let perSecond = Double(grown) * 1e6 / Double(intervalUs)
            node.peaks[index] = max(node.peaks[index] ?? 0, perSecond)
            node.grown[index] = nil
        }
    }

    func traffic(of node: String, _ index: Int) -> HostUse.Traffic {
        guard let node = nodes[node], let bytes = node.totals[index], let first = node.first, let last = node.last, last > first else {
            return HostUse.Traffic()
        }
        let seconds = Double(last - first) * Double(intervalUs) / 1e6
        return HostUse.Traffic(bytes: bytes, mean: Double(bytes) / seconds, peak: node.peaks[index])
    }
}
