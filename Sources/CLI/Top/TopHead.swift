import StatsCore

/// The first lines of the screen and the last.
enum TopHead {
    static func lines(_ picture: TopPicture, _ order: TopOrder, _ state: TopState, columns: Int) -> [ScreenLine] {
        var lines = [title(picture, state, columns: columns), run(picture.model), totals(order, columns: columns)]
        if state.isList, picture.lost == nil, let hurts = TopHurts.line(order.containers, columns: columns) { lines.append(hurts) }
        if let blocked = picture.model.collector.text("blocked") { lines.append(ScreenLine("BLOCKED: \(blocked)", .hot)) }
        return lines
    }

    private static func title(_ picture: TopPicture, _ state: TopState, columns: Int) -> ScreenLine {
        var line = ScreenLine("sonde ", .bold)
        line.append(picture.address)
        if let lost = picture.lost {
            line.append("  COLLECTOR LOST since \(lost.seconds) s", .hot)
            line.append(": \(lost.reason)", .warm)
        } else {
            if let free = picture.model.collector.number("disk_free_bytes") {
                line.append(
                    "  \(CompactUnits.bytes(free)) free for runs",
                    ScreenStyle(picture.model.collector.level("disk_free_bytes"), else: .faint))
            }
            // Time of day only, from RFC 3339.
            let clock = picture.model.time.split(separator: "T").last.map { String($0.prefix(8)) } ?? ""
            if state.isPaused { line.append("  PAUSED", .warm) }
            if line.width + clock.count + 6 <= columns {
                line.pad(to: columns - clock.count - 4)
                line.append("\(clock) UTC", .faint)
            }
        }
        return line
    }

    private static func run(_ model: TopModel) -> ScreenLine {
        guard let run = model.run else { return ScreenLine("No run; `sonde start NAME` starts one", .faint) }
        var line = ScreenLine("Run ")
        line.append(run.text("name") ?? "-", .bold)
        line.append(" \(run.text("state") ?? "-")", run.text("state") == "recording" ? .plain : .warm)
        if let elapsed = run.number("elapsed_us") {
            line.append(" \(duration(elapsed))" + (run.number("duration_us").map { " of \(duration($0))" } ?? ""))
        }
        if let ticks = run.number("ticks_due") { line.append(", \(HumanUnits.fixed(ticks, digits: 0)) ticks") }
        let missing = model.nodes.values.reduce(0) { sum, node in
            if case .object(let reasons) = node["missing"] { reasons.values.reduce(sum) { $0 + ($1.number ?? 0) } } else { sum }
        }
        line.append(", \(HumanUnits.fixed(missing, digits: 0)) missing", missing > 0 ? .hot : .plain)
        return line
    }

    /// Whole seconds: tenths of what grows by the second say nothing.
    private static func duration(_ microseconds: Double) -> String {
        HumanUnits.duration(microseconds: Int64(clampingFinite: microseconds / 1e6).saturatingMultiplied(by: 1_000_000))
    }

    private static func totals(_ order: TopOrder, columns: Int) -> ScreenLine {
        let lost = order.nodes.count(where: \.isLost)
        var line = ScreenLine("\(HumanUnits.count(order.nodes.count - lost, "node"))")
        if lost > 0 { line.append(", \(lost) lost", .hot) }
        line.append(", \(HumanUnits.count(order.running, "container"))")
        let leftOut = order.nodes.reduce(0.0) { $0 + ($1["left_out"]?["container"]?.number ?? 0) }
        if leftOut > 0 { line.append(", \(HumanUnits.fixed(leftOut, digits: 0)) more aren't shown", .warm) }
        func sum(_ name: String) -> Double? {
            let known = order.nodes.compactMap { $0.number(name) }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
        if let cores = sum("cores"), cores > 0 {
            let busy = order.nodes.compactMap { node in node.number("cpu_percent").map { $0 * (node.number("cores") ?? 0) } }
            line.append("  CPU \(busy.isEmpty ? "-" : CompactUnits.percent(busy.reduce(0, +) / cores))%")
            line.append(" of \(HumanUnits.count(Int64(clampingFinite: cores), "core"))")
        }
        if let total = sum("memory_total_bytes"), let available = sum("memory_available_bytes"), total > 0 {
            line.append("  MEM \(CompactUnits.percent((total - available) / total * 100))% of \(CompactUnits.bytes(total))")
        }
        if let received = sum("rx_bytes_per_s"), let sent = sum("tx_bytes_per_s") {
            let traffic = "  RX \(CompactUnits.bytes(received))/s TX \(CompactUnits.bytes(sent))/s"
            if line.width + traffic.count <= columns { line.append(traffic) }
        }
        return line
    }

    static func footer(_ order: TopOrder, _ state: TopState, columns: Int) -> ScreenLine {
        if let typing = state.typing {
            let shown = order.groups.reduce(0) { $0 + $1.containers.count }
            var line = ScreenLine("Filter: ", .bold)
            line.append(typing.text + "_")
            line.append("  \(shown) of \(order.all)   Enter keeps it, Esc clears it", .faint)
            return line
        }
        let sorts = [("c", "pu"), ("m", "em"), ("t", "raffic"), ("i", "/o"), ("p", "ids"), ("a", "-z"), ("r", "everse")]
        let keys =
            switch (state.showsEvents, state.question) {
            case (false, .overview):
                [("q", "uit"), ("?", "help"), ("/", "filter")] + sorts + [("g", "roup"), ("n", "odes"), ("e", "vents"), ("Enter", "")]
            case (false, .container): [("q", "uit"), ("?", "help"), ("Esc", " back"), ("e", "vents")] + sorts.filter { $0.0 != "t" }
            case (false, .node): [("q", "uit"), ("?", "help"), ("Esc", " back"), ("e", "vents")]
            case (true, _): [("q", "uit"), ("?", "help"), ("Esc", " back")]
            }
        var line = ScreenLine()
        if !state.filter.isEmpty, state.isList { line.append("[\(state.filter)] ", .warm) }
        if state.grouping != .none, state.isList { line.append("by \(state.grouping.rawValue) ", .warm) }
        for (key, rest) in keys {
            if line.width > 0 { line.append(" ") }
            line.append(key, .bold)
            line.append(rest, .faint)
        }
        return line
    }
}

extension Int64 {
    /// Numbers from elsewhere may be anything.
    init(clampingFinite value: Double) {
        self = value.isFinite ? Int64(exactly: Swift.min(Swift.max(value.rounded(), -9e15), 9e15)) ?? 0 : 0
    }
}
