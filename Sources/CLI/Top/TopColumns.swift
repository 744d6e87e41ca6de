/// The columns of the live tables, as they stand on the screen from left to right.
enum TopColumns {
    static let containers: [TopColumn] = [
        TopColumn(title: "NAME", width: 16, rank: 0, isText: true, sort: .name) { ($0.displayName, $0.health) },
        TopColumn(title: "NODE", width: 8, rank: 4, isText: true) { TopCells.text($0, "node") },
        TopColumn(title: "CPU%", width: 6, rank: 1, sort: .cpu) { TopCells.percent($0.number("cpu_percent"), of: $0.cpuCapacity) },
        TopColumn(title: "MEM", width: 5, rank: 2, sort: .memory) { TopCells.bytes($0, "memory_usage_bytes") },
        TopColumn(title: "MEM%", width: 5, rank: 3) { TopCells.percent($0.number("memory_percent"), warm: 0.8) },
        TopColumn(title: "LIMIT", width: 5, rank: 10) { TopCells.bytes($0, "memory_limit_bytes") },
        TopColumn(title: "RX/s", width: 5, rank: 5, sort: .network) { TopCells.bytes($0, "rx_bytes_per_s") },
        TopColumn(title: "TX/s", width: 5, rank: 5) { TopCells.bytes($0, "tx_bytes_per_s") },
        TopColumn(title: "RD/s", width: 5, rank: 6, sort: .io) { TopCells.bytes($0, "io_read_bytes_per_s") },
        TopColumn(title: "WR/s", width: 5, rank: 6) { TopCells.bytes($0, "io_write_bytes_per_s") },
        TopColumn(title: "PIDS", width: 5, rank: 7, sort: .pids) { TopCells.count($0, "pids") },
        TopColumn(title: "THR%", width: 5, rank: 9) { TopCells.percent($0.number("throttled_percent"), warm: 0.05, hot: 0.25) },
        TopColumn(title: "OOM", width: 3, rank: 12) { TopCells.faults($0, "oom_kills") },
        TopColumn(title: "STATE", width: 9, rank: 8, isText: true) { ($0.stateText, $0.health) },
        TopColumn(title: "IMAGE", width: 12, rank: 11, isText: true) { TopCells.text($0, "image") },
    ]

    static let nodes: [TopColumn] = [
        TopColumn(title: "NODE", width: 12, rank: 0, isText: true, sort: .name) { ($0.displayName, $0.isLost ? .hot : .plain) },
        TopColumn(title: "STATE", width: 8, rank: 1, isText: true) { $0.nodeState },
        // Of all cores, as table host has it.
        TopColumn(title: "CPU%", width: 6, rank: 2, sort: .cpu) { TopCells.percent($0.number("cpu_percent")) },
        TopColumn(title: "CORES", width: 5, rank: 9) { TopCells.count($0, "cores") },
        TopColumn(title: "MEM%", width: 5, rank: 3, sort: .memory) { TopCells.percent($0.number("memory_percent"), warm: 0.8) },
        TopColumn(title: "LOAD", width: 5, rank: 4) {
            TopCells.percent($0.number("load1"), of: $0.number("cores") ?? 1, warm: 1, hot: 2)
        },
        TopColumn(title: "PSI%", width: 5, rank: 8) {
            let worst = ["psi_cpu_percent", "psi_memory_percent", "psi_io_percent"].compactMap($0.number).max()
            return TopCells.percent(worst, warm: 0.05, hot: 0.2)
        },
        TopColumn(title: "DISK%", width: 5, rank: 7) { TopCells.percent($0.number("disk_used_percent"), warm: 0.85, hot: 0.95) },
        TopColumn(title: "RX/s", width: 5, rank: 5, sort: .network) { TopCells.bytes($0, "rx_bytes_per_s") },
        TopColumn(title: "TX/s", width: 5, rank: 5) { TopCells.bytes($0, "tx_bytes_per_s") },
        TopColumn(title: "RD/s", width: 5, rank: 10, sort: .io) { TopCells.bytes($0, "disk_read_bytes_per_s") },
        TopColumn(title: "WR/s", width: 5, rank: 10) { TopCells.bytes($0, "disk_write_bytes_per_s") },
        TopColumn(title: "CTRS", width: 4, rank: 6) { TopCells.count($0, "containers") },
        TopColumn(title: "PROCS", width: 5, rank: 11, sort: .pids) { TopCells.count($0, "processes") },
        TopColumn(title: "AGENT%", width: 6, rank: 12) { TopCells.percent($0.number("agent_cpu_percent"), warm: 0.1, hot: 0.5) },
    ]

    static let processes: [TopColumn] = [
        TopColumn(title: "PID", width: 7, rank: 0) { TopCells.text($0, "pid") },
        TopColumn(title: "PPID", width: 7, rank: 10) { TopCells.text($0, "ppid") },
        TopColumn(title: "S", width: 1, rank: 4, isText: true) { TopCells.text($0, "state") },
        TopColumn(title: "CPU%", width: 6, rank: 1, sort: .cpu) { TopCells.percent($0.number("cpu_percent")) },
        TopColumn(title: "MEM%", width: 5, rank: 3) { TopCells.percent($0.number("memory_percent")) },
        TopColumn(title: "RSS", width: 5, rank: 2, sort: .memory) { TopCells.bytes($0, "rss_bytes") },
        TopColumn(title: "VSZ", width: 5, rank: 8) { TopCells.bytes($0, "vsz_bytes") },
        TopColumn(title: "SWAP", width: 5, rank: 9) { TopCells.bytes($0, "swap_bytes") },
        TopColumn(title: "RD/s", width: 5, rank: 6, sort: .io) { TopCells.bytes($0, "read_bytes_per_s") },
        TopColumn(title: "WR/s", width: 5, rank: 6) { TopCells.bytes($0, "write_bytes_per_s") },
        TopColumn(title: "THR", width: 5, rank: 5, sort: .pids) { TopCells.count($0, "threads") },
        TopColumn(title: "COMMAND", width: 10, rank: 1, isText: true, sort: .name) { TopCells.text($0, "comm") },
    ]
}

extension TopRow {
    /// What a container may use of the CPU, 100 being one core: its limit, else one core.
    fileprivate var cpuCapacity: Double { 100 * (number("cpu_limit") ?? 1) }

    var isLost: Bool { isTrue("connected") == false }

    /// A container's state, or what its health check says where that is worse than running.
    fileprivate var stateText: String {
        let state = text("state") ?? "-"
        return text("health").flatMap { $0 == "unhealthy" || $0 == "starting" ? $0 : nil } ?? state
    }

    fileprivate var health: ScreenStyle {
        switch (text("state"), text("health")) {
        case (_, "unhealthy"?), ("dead"?, _): .hot
        case ("running"?, _), (nil, _): .plain
        default: .warm
        }
    }

    fileprivate var nodeState: TopCells.Cell {
        if isLost { return ("lost " + (number("lost_ms").map { CompactUnits.age(milliseconds: $0) } ?? ""), .hot) }
        guard let age = number("last_tick_age_ms"), age >= 3000 else { return ("ok", .plain) }
        return ("late " + CompactUnits.age(milliseconds: age), .warm)
    }
}
