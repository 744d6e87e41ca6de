import StatsCore

/// What one node shows: its facts, cores, disks, filesystems and interfaces.
enum NodeDetail {
    static func page(_ detail: TopRow, _ model: LiveModel, columns: Int) -> TopDetail.Page {
        let node = detail.text("node").flatMap { model.nodes[$0] } ?? detail
        var page = TopDetail.Page(fixed: facts(node))
        page.moving += cores(detail.rows("cores"), columns: columns)
        for (noun, table) in [("disk", disks), ("filesystem", filesystems), ("interface", interfaces)] {
            let rows = detail.rows(noun + "s")
            guard !rows.isEmpty else { continue }
            let lines = TopTable(table, rows: rows, width: columns)
            page.moving +=
                [ScreenLine(), ScreenLine(HumanUnits.count(rows.count, noun), .bold), lines.header()] + rows.map { lines.line($0) }
        }
        return page
    }

    private static func facts(_ node: TopRow) -> [ScreenLine] {
        var name = ScreenLine(node.displayName, .bold)
        let facts = [
            node.text("address"), node.text("version").map { "sonde \($0)" }, node.text("kernel").map { "kernel \($0)" },
            node.text("cgroup").map { "cgroup \($0)" }, node.isTrue("privileged") == false ? "without privileges" : nil,
        ]
        name.append("  " + facts.compactMap { $0 }.joined(separator: ", "))

        var use = ScreenLine()
        for (label, title, unit) in [("state", "STATE", ""), ("  CPU", "CPU%", "%"), ("  MEM", "MEM%", "%"), ("  load", "LOAD", "")] {
            use.append(label: label, cell(title, node), unit)
        }
        if let cores = node.number("cores") { use.append("  \(HumanUnits.count(Int64(clampingFinite: cores), "core"))") }
        if let memory = node.number("memory_total_bytes") { use.append("  RAM \(CompactUnits.bytes(memory))") }
        var pressure = ScreenLine("pressure")
        pressure.append(label: " CPU", percent(node, "psi_cpu_percent"), "%")
        pressure.append(label: "  MEM", percent(node, "psi_memory_percent"), "%")
        pressure.append(label: "  I/O", percent(node, "psi_io_percent"), "%")

        var tick = ScreenLine()
        if let age = node.number("last_tick_age_ms") { tick.append("last tick \(CompactUnits.age(milliseconds: age)) ago") }
        if let offset = node.number("clock_offset_us") {
            let error = node.number("clock_error_us").map { " ± \(HumanUnits.fixed($0 / 1000, digits: 1))" } ?? ""
            tick.append(", clock \(HumanUnits.fixed(offset / 1000, digits: 1))\(error) ms")
        }
        if let backlog = node.number("backlog_frames"), backlog > 0 {
            tick.append(", \(HumanUnits.fixed(backlog, digits: 0)) frames not yet acknowledged", .warm)
        }
        if let ticks = node.number("ticks") { tick.append(", \(HumanUnits.fixed(ticks, digits: 0)) ticks of the run") }
        if case .object(let missing) = node["missing"], !missing.isEmpty {
            tick.append(", missing: \(JSONValue.object(missing).text ?? "")", .hot)
        }
        pressure.append(label: "  agent CPU", cell("AGENT%", node), "%")
        pressure.append(label: "  RSS", TopCells.bytes(node, "agent_rss_bytes"), "")
        if let late = node.number("agent_lateness_us") { pressure.append("  late \(HumanUnits.fixed(late / 1000, digits: 1)) ms") }
        return [name, use, pressure, tick]
    }

    /// As many beside each other as there is room for.
    private static func cores(_ cores: [TopRow], columns: Int) -> [ScreenLine] {
        guard !cores.isEmpty else { return [] }
        let width = 13
        let across = max(1, (columns + 1) / (width + 1))
        var lines = [ScreenLine(), ScreenLine(HumanUnits.count(cores.count, "core"), .bold)]
        for start in stride(from: 0, to: cores.count, by: across) {
            var line = ScreenLine()
            for core in cores[start..<min(start + across, cores.count)] {
                let use = percent(core, "cpu_percent")
                line.append(cell: "cpu\(core.text("cpu") ?? "?")", columns: width - 7, isLeft: true)
                line.append(cell: use.text, columns: 6, isLeft: false, use.style)
                line.append("%  ")
            }
            lines.append(line)
        }
        return lines
    }

    private static func cell(_ title: String, _ node: TopRow) -> TopCells.Cell {
        TopColumns.nodes.first { $0.title == title }?.cell(node) ?? TopCells.unknown
    }

    @Sendable private static func percent(_ row: TopRow, _ name: String) -> TopCells.Cell { TopCells.percent(row.number(name)) }

    private static let disks: [TopColumn] = [
        TopColumn(title: "DISK", width: 10, rank: 0, isText: true) { TopCells.text($0, "device") },
        TopColumn(title: "BUSY%", width: 6, rank: 1) { TopCells.percent($0.number("busy_percent")) },
        TopColumn(title: "RD/s", width: 6, rank: 2) { TopCells.bytes($0, "read_bytes_per_s") },
        TopColumn(title: "WR/s", width: 6, rank: 3) { TopCells.bytes($0, "write_bytes_per_s") },
        TopColumn(title: "READS/s", width: 7, rank: 4) { TopCells.count($0, "reads_per_s") },
        TopColumn(title: "WRITES/s", width: 8, rank: 5) { TopCells.count($0, "writes_per_s") },
        TopColumn(title: "IN FLIGHT", width: 9, rank: 6) { TopCells.count($0, "in_flight") },
    ]

    private static let filesystems: [TopColumn] = [
        TopColumn(title: "MOUNT", width: 12, rank: 0, isText: true) { TopCells.text($0, "mount") },
        TopColumn(title: "USED%", width: 6, rank: 1) { TopCells.percent($0.number("used_percent"), warm: 0.85, hot: 0.95) },
        TopColumn(title: "FREE", width: 6, rank: 2) { TopCells.bytes($0, "available_bytes") },
        TopColumn(title: "SIZE", width: 6, rank: 3) { TopCells.bytes($0, "size_bytes") },
        TopColumn(title: "TYPE", width: 8, rank: 4, isText: true) { TopCells.text($0, "type") },
        TopColumn(title: "DEVICE", width: 12, rank: 5, isText: true) { TopCells.text($0, "device") },
    ]

    private static let interfaces: [TopColumn] = [
        TopColumn(title: "INTERFACE", width: 12, rank: 0, isText: true) { TopCells.text($0, "interface") },
        TopColumn(title: "RX/s", width: 6, rank: 1) { TopCells.bytes($0, "rx_bytes_per_s") },
        TopColumn(title: "TX/s", width: 6, rank: 1) { TopCells.bytes($0, "tx_bytes_per_s") },
        TopColumn(title: "RX ERR", width: 7, rank: 2) { TopCells.faults($0, "rx_errors") },
        TopColumn(title: "TX ERR", width: 7, rank: 2) { TopCells.faults($0, "tx_errors") },
        TopColumn(title: "RX DROP", width: 7, rank: 3) { TopCells.faults($0, "rx_dropped") },
        TopColumn(title: "TX DROP", width: 7, rank: 3) { TopCells.faults($0, "tx_dropped") },
    ]
}
