import StatsCore

/// The columns of the live tables, as they stand on the screen from left to right.
enum TopColumns {
    static let containers: [TopColumn] = [
        .of(.container, "name", width: 16, rank: 0, sort: .name) { ($0.displayName, $0.stateStyle) },
        .of(.container, "node", width: 8, rank: 5),
        .of(.container, "cpu_percent", width: 6, rank: 1, sort: .cpu),
        .of(.container, "memory_usage_bytes", width: 5, rank: 2, sort: .memory),
        .of(.container, "memory_percent", width: 5, rank: 3),
        .of(.container, "memory_limit_bytes", width: 5, rank: 9),
        .of(.container, "rx_bytes_per_s", width: 5, rank: 6, sort: .network),
        .of(.container, "tx_bytes_per_s", width: 5, rank: 6),
        .of(.container, "io_read_bytes_per_s", width: 5, rank: 7, sort: .io),
        .of(.container, "io_write_bytes_per_s", width: 5, rank: 7),
        .of(.container, "pids", width: 5, rank: 8, sort: .pids),
        // What hurts is never left out for what is merely much.
        .of(.container, "throttled_percent", width: 5, rank: 4),
        // A collector of an earlier version knows only how many there were in all.
        .of(.container, "oom_kills_10m", width: 4, rank: 4) { row in
            TopCells.value(row, row.number("oom_kills_10m") == nil ? "oom_kills" : "oom_kills_10m", .count)
        },
        .of(.container, "state", width: 10, rank: 4) { ($0.stateText, $0.stateStyle) },
        .of(.container, "image", width: 12, rank: 10),
    ]

    static let nodes: [TopColumn] = [
        .of(.node, "node", width: 12, rank: 0, sort: .name) { ($0.displayName, ScreenStyle($0.level("lost_ms"))) },
        TopColumn(title: "STATE", width: 8, rank: 1, isText: true) { $0.nodeState },
        .of(.node, "cpu_percent", width: 6, rank: 2, sort: .cpu),
        .of(.node, "cores", width: 5, rank: 9),
        .of(.node, "memory_percent", width: 5, rank: 3, sort: .memory),
        .of(.node, "load1", width: 5, rank: 4),
        TopColumn(title: "PSI%", width: 5, rank: 8) { TopCells.highest($0, "psi_cpu_percent", "psi_memory_percent", "psi_io_percent") },
        .of(.node, "disk_used_percent", width: 5, rank: 7),
        .of(.node, "rx_bytes_per_s", width: 5, rank: 5, sort: .network),
        .of(.node, "tx_bytes_per_s", width: 5, rank: 5),
        .of(.node, "disk_read_bytes_per_s", width: 5, rank: 10, sort: .io),
        .of(.node, "disk_write_bytes_per_s", width: 5, rank: 10),
        .of(.node, "containers", width: 4, rank: 6),
        .of(.node, "processes", width: 5, rank: 11, sort: .pids),
        .of(.node, "agent_cpu_percent", width: 6, rank: 12),
        .of(.node, "busiest", width: 20, rank: 13) { ($0.busiest ?? "-", ScreenStyle($0.level("cpu_percent"), else: .faint)) },
    ]

    static let processes: [TopColumn] = [
        .of(.process, "pid", width: 7, rank: 0),
        .of(.process, "ppid", width: 7, rank: 10),
        .of(.process, "state", width: 1, rank: 4),
        .of(.process, "cpu_percent", width: 6, rank: 1, sort: .cpu),
        .of(.process, "memory_percent", width: 5, rank: 3),
        .of(.process, "rss_bytes", width: 5, rank: 2, sort: .memory),
        .of(.process, "vsz_bytes", width: 5, rank: 8),
        .of(.process, "swap_bytes", width: 5, rank: 9),
        .of(.process, "read_bytes_per_s", width: 5, rank: 6, sort: .io),
        .of(.process, "write_bytes_per_s", width: 5, rank: 6),
        .of(.process, "threads", width: 5, rank: 5, sort: .pids),
        .of(.process, "comm", width: 10, rank: 1, sort: .name),
        .of(.process, "command_line", width: 20, rank: 11),
    ]

    static let units: [TopColumn] = [
        .of(.unit, "unit", width: 20, rank: 0),
        .of(.unit, "kind", width: 7, rank: 4),
        .of(.unit, "cpu_percent", width: 6, rank: 1),
        .of(.unit, "memory_usage_bytes", width: 5, rank: 2),
        .of(.unit, "pids", width: 5, rank: 5),
        .of(.unit, "io_read_bytes_per_s", width: 5, rank: 6),
        .of(.unit, "io_write_bytes_per_s", width: 5, rank: 6),
        .of(.unit, "oom_kills", width: 4, rank: 3),
        .of(.unit, "cgroup", width: 20, rank: 7),
    ]

    /// Of a whole node, whose processes may be of containers, units and users.
    static let nodeProcesses: [TopColumn] = [
        .of(.process, "pid", width: 7, rank: 0),
        .of(.process, "user", width: 8, rank: 4),
        .of(.process, "state", width: 1, rank: 5),
        .of(.process, "cpu_percent", width: 6, rank: 1),
        .of(.process, "rss_bytes", width: 5, rank: 2),
        .of(.process, "read_bytes_per_s", width: 5, rank: 7),
        .of(.process, "write_bytes_per_s", width: 5, rank: 7),
        .of(.process, "comm", width: 10, rank: 1),
        .of(.process, "container", width: 10, rank: 3),
        .of(.process, "unit", width: 10, rank: 6),
        .of(.process, "command_line", width: 20, rank: 8),
    ]
}

extension TopRow {
    var isLost: Bool { isTrue("connected") == false }

    /// Whether it is a container that is listed after its end.
    var hasEnded: Bool { text("state") == "exited" }

    /// What is running is as its health check says, where it has one; what has ended as it ended.
    fileprivate var stateText: String {
        let state = text("state") ?? "-"
        if hasEnded, let code = text("exit_code") { return "\(state) \(code)" }
        return state == "running" ? text("health") ?? state : state
    }

    fileprivate var stateStyle: ScreenStyle { ScreenStyle(worst(["state", "health", "failures_10m", "restarts_10m"])) }

    /// Who uses most CPU time of a node and which share of all its cores; `nil` when that isn't known.
    var busiest: String? {
        guard let name = text("busiest") else { return nil }
        guard let used = number("busiest_cpu_percent"), let cores = number("cores"), cores > 0 else { return name }
        return "\(name) \(CompactUnits.percent(used / cores))%"
    }

    fileprivate var nodeState: TopCells.Cell {
        func since(_ name: String) -> String { number(name).map { CompactUnits.age(milliseconds: $0) } ?? "" }
        if isLost { return ("lost " + since("lost_ms"), ScreenStyle(level("lost_ms"))) }
        guard let level = level("last_tick_age_ms"), level > .ok else { return ("ok", .plain) }
        return ("late " + since("last_tick_age_ms"), ScreenStyle(level))
    }
}
