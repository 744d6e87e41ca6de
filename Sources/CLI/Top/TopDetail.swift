import StatsCore

/// What one container or one node shows.
enum TopDetail {
    struct Page {
        /// Lines that stay when the others are moved.
        var fixed: [ScreenLine] = []
        var moving: [ScreenLine] = []
    }

    static func lines(_ picture: TopPicture, _ state: TopState, columns: Int) -> Page {
        guard let detail = picture.model.detail, picture.answered == state.question else {
            return Page(fixed: [ScreenLine("Asking the collector …", .faint)])
        }
        guard let row = detail.row else {
            return Page(fixed: [ScreenLine(detail.message ?? "The collector shows nothing of it.", .warm)])
        }
        return switch state.question {
        case .overview: Page()
        case .container: container(row, picture.model, state, columns: columns)
        case .node: NodeDetail.page(row, picture.model, columns: columns)
        }
    }

    private static func container(_ detail: TopRow, _ model: TopModel, _ state: TopState, columns: Int) -> Page {
        let row = detail["key"]?.integer.flatMap { model.containers[$0] } ?? TopRow(detail["row"]) ?? TopRow([:])
        let processes = state.sort.sorted(detail.rows("processes"), isReversed: state.isReversed)
        let table = TopTable(TopColumns.processes, rows: processes, width: columns)
        var page = Page(fixed: facts(row))
        page.fixed.append(table.header(state.sort, isReversed: state.isReversed))
        page.moving = processes.map { table.line($0) }
        if processes.isEmpty { page.moving = [ScreenLine("No processes are known.", .faint)] }
        if let left = detail.number("processes_left_out"), left > 0 {
            page.moving.append(ScreenLine("and \(HumanUnits.fixed(left, digits: 0)) more with less CPU", .faint))
        }
        return page
    }

    private static func facts(_ row: TopRow) -> [ScreenLine] {
        var name = ScreenLine(row.displayName, .bold)
        for fact in [row.text("id").map { String($0.prefix(12)) }, row.text("image"), row.text("node").map { "on \($0)" }] {
            if let fact { name.append("  \(fact)") }
        }
        func count(_ name: String, _ noun: String, _ span: String = "") -> String? {
            row.number(name).map { HumanUnits.count(Int64(clampingFinite: $0), noun) + span }
        }
        let state = [
            row.text("state"), row.text("health"), row.text("exit_code").map { "exit \($0)" }, count("restarts", "restart"),
            count("oom_kills", "OOM kill"), count("oom_kills_10m", "OOM kill", " in 10 min"),
            count("restarts_10m", "restart", " in 10 min"),
            row.text("project").map { "project \($0)" }, row.text("service").map { "service \($0)" },
            row.text("namespace").map { "namespace \($0)" }, row.text("pod").map { "pod \($0)" },
        ]
        var use = ScreenLine()
        use.append(label: "CPU", value(row, "cpu_percent"), "%")
        if let limit = row.number("cpu_limit") { use.append(" of \(HumanUnits.fixed(limit, digits: limit < 1 ? 2 : 1)) cores") }
        use.append(label: "  throttled", value(row, "throttled_percent"), "%")
        use.append(label: "  MEM", value(row, "memory_usage_bytes"), "")
        if let limit = row.number("memory_limit_bytes") { use.append(" of \(CompactUnits.bytes(limit))") }
        use.append(label: ",", value(row, "memory_percent"), "%")
        use.append(label: "  PIDS", value(row, "pids"), "")
        if let limit = row.number("pids_limit") { use.append(" of \(HumanUnits.fixed(limit, digits: 0))") }
        var traffic = ScreenLine()
        for (label, name) in [
            ("RX", "rx_bytes_per_s"), ("  TX", "tx_bytes_per_s"), ("  read", "io_read_bytes_per_s"), ("  write", "io_write_bytes_per_s"),
        ] {
            traffic.append(label: label, value(row, name), "/s")
        }
        return [name, ScreenLine(state.compactMap { $0 }.joined(separator: ", "))] + troubles(row) + [use, traffic]
    }

    /// What is wrong, in sentences on one line; none when nothing is.
    static func troubles(_ row: TopRow) -> [ScreenLine] {
        let troubles = row.rows("troubles")
        guard !troubles.isEmpty else { return [] }
        var line = ScreenLine()
        for trouble in troubles {
            if line.width > 0 { line.append(" ") }
            line.append("\(trouble.text("text") ?? "").", ScreenStyle(trouble.text("level").flatMap { LiveLevel(rawValue: $0) }))
        }
        return [line]
    }

    private static func value(_ row: TopRow, _ name: String) -> TopCells.Cell {
        TopCells.value(row, name, LiveKind.container[name]?.format ?? .text)
    }
}

extension ScreenLine {
    /// A value with its name before it and its unit behind; no unit where nothing is known.
    mutating func append(label: String, _ cell: TopCells.Cell, _ unit: String) {
        append("\(label) ")
        append(cell.text == "-" ? "-" : cell.text + unit, cell.style)
    }
}
