import StatsCore

/// What one node shows: its facts, cores, disks, filesystems, interfaces, units and processes.
enum NodeDetail {
    static func page(_ detail: TopRow, _ model: TopModel, columns: Int) -> TopDetail.Page {
        let node = detail.text("node").flatMap { model.nodes[$0] } ?? detail
        var page = TopDetail.Page(fixed: facts(node))
        page.moving += cores(detail.rows("cores"), columns: columns)
        for (member, noun, table) in [
            ("disks", "disk", disks), ("filesystems", "filesystem", filesystems), ("interfaces", "interface", interfaces),
            ("units", "unit", TopColumns.units), ("processes", "process", TopColumns.nodeProcesses),
        ] {
            var rows = detail.rows(member)
            if member == "units" { rows.sort { ($0.number("cpu_percent") ?? -1) > ($1.number("cpu_percent") ?? -1) } }
            guard !rows.isEmpty else { continue }
            let lines = TopTable(table, rows: rows, width: columns)
            page.moving +=
                [ScreenLine(), ScreenLine(HumanUnits.count(rows.count, noun), .bold), lines.header()] + rows.map { lines.line($0) }
        }
        let left = Int64(clampingFinite: detail.number("processes_left_out") ?? 0)
        if left > 0 { page.moving.append(ScreenLine("and \(HumanUnits.count(left, "process")) more with less CPU", .faint)) }
        return page
    }

    private static func facts(_ node: TopRow) -> [ScreenLine] {
        var name = ScreenLine(node.displayName, .bold)
        let facts = [
            node.text("address"), node.text("version").map { "sonde \($0)" }, node.text("kernel").map { "kernel \($0)" },
            node.text("cgroup").map { "cgroup \($0)" }, node.isTrue("privileged") == false ? "without privileges" : nil,
            node.isTrue("processes_hidden") == true ? "processes hidden" : nil,
        ]
        name.append("  " + facts.compactMap { $0 }.joined(separator: ", "))

        var use = ScreenLine()
        use.append(label: "state", TopColumns.nodes.first { $0.title == "STATE" }?.cell(node) ?? TopCells.unknown, "")
        for (label, name, unit) in [("  CPU", "cpu_percent", "%"), ("  MEM", "memory_percent", "%"), ("  load", "load1", "")] {
            use.append(label: label, value(node, name), unit)
        }
        if let cores = node.number("cores") { use.append("  \(HumanUnits.count(Int64(clampingFinite: cores), "core"))") }
        if let memory = node.number("memory_total_bytes") { use.append("  RAM \(CompactUnits.bytes(memory))") }
        var pressure = ScreenLine("pressure")
        pressure.append(label: " CPU", value(node, "psi_cpu_percent"), "%")
        pressure.append(label: "  MEM", value(node, "psi_memory_percent"), "%")
        pressure.append(label: "  I/O", value(node, "psi_io_percent"), "%")

        var tick = ScreenLine()
        if let age = node.number("last_tick_age_ms") { tick.append("last tick \(CompactUnits.age(milliseconds: age)) ago") }
        if let offset = node.number("clock_offset_us") {
            let error = node.number("clock_error_us").map { " ± \(HumanUnits.fixed($0 / 1000, digits: 1))" } ?? ""
            tick.append(", clock \(HumanUnits.fixed(offset / 1000, digits: 1))\(error) ms")
        }
        if let backlog = node.number("backlog_frames"), backlog > 0 {
            tick.append(", \(HumanUnits.fixed(backlog, digits: 0)) frames not yet acknowledged", ScreenStyle(node.level("backlog_frames")))
        }
        if let ticks = node.number("ticks") { tick.append(", \(HumanUnits.fixed(ticks, digits: 0)) ticks of the run") }
        if case .object(let missing) = node["missing"], !missing.isEmpty {
            tick.append(", missing: \(JSONValue.object(missing).text ?? "")", ScreenStyle(node.level("missing")))
        }
        if case .object(let leftOut) = node["left_out"], !leftOut.isEmpty {
            tick.append(", not shown: \(JSONValue.object(leftOut).text ?? "")", ScreenStyle(node.level("left_out")))
        }
        pressure.append(label: "  agent CPU", value(node, "agent_cpu_percent"), "%")
        pressure.append(label: "  RSS", value(node, "agent_rss_bytes"), "")
        if let late = node.number("agent_lateness_us") { pressure.append("  late \(HumanUnits.fixed(late / 1000, digits: 1)) ms") }
        let busiest = node.busiest.map { [ScreenLine("most CPU by \($0)", ScreenStyle(node.level("cpu_percent"), else: .plain))] } ?? []
        return [name] + TopDetail.troubles(node) + [use] + busiest + [pressure, tick]
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
                let use = TopCells.value(core, "cpu_percent", .percent)
                line.append(cell: "cpu\(core.text("cpu") ?? "?")", columns: width - 7, isLeft: true)
                line.append(cell: use.text, columns: 6, isLeft: false, use.style)
                line.append("%  ")
            }
            lines.append(line)
        }
        return lines
    }

    private static func value(_ node: TopRow, _ name: String) -> TopCells.Cell {
        TopCells.value(node, name, LiveKind.node[name]?.format ?? .text)
    }

    private static let disks: [TopColumn] = [
        .of(.disk, "device", width: 10, rank: 0),
        .of(.disk, "busy_percent", width: 6, rank: 1),
        .of(.disk, "read_bytes_per_s", width: 6, rank: 2),
        .of(.disk, "write_bytes_per_s", width: 6, rank: 3),
        .of(.disk, "reads_per_s", width: 7, rank: 4),
        .of(.disk, "writes_per_s", width: 8, rank: 5),
        .of(.disk, "in_flight", width: 9, rank: 6),
    ]

    private static let filesystems: [TopColumn] = [
        .of(.filesystem, "mount", width: 12, rank: 0),
        .of(.filesystem, "used_percent", width: 6, rank: 1),
        .of(.filesystem, "available_bytes", width: 6, rank: 2),
        .of(.filesystem, "size_bytes", width: 6, rank: 3),
        .of(.filesystem, "type", width: 8, rank: 4),
        .of(.filesystem, "device", width: 12, rank: 5),
    ]

    private static let interfaces: [TopColumn] = [
        .of(.interface, "interface", width: 12, rank: 0),
        .of(.interface, "rx_bytes_per_s", width: 6, rank: 1),
        .of(.interface, "tx_bytes_per_s", width: 6, rank: 1),
        .of(.interface, "rx_errors", width: 7, rank: 2),
        .of(.interface, "tx_errors", width: 7, rank: 2),
        .of(.interface, "rx_dropped", width: 7, rank: 3),
        .of(.interface, "tx_dropped", width: 7, rank: 3),
    ]
}
