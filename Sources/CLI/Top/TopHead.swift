import StatsCore

/// The first lines of the screen and the last.
enum TopHead {
    static func lines(_ picture: TopPicture, _ order: TopOrder, _ state: TopState, columns: Int) -> [ScreenLine] {
        var lines = [
            title(picture, state, columns: columns), run(picture.model), TopTotals.line(picture.model, order, state, columns: columns),
        ]
        if state.isList, picture.lost == nil {
            lines += [TopHurts.line(order.containers, columns: columns), TopHurts.nodes(order.nodes, columns: columns)].compactMap { $0 }
        }
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
        // Of all nodes, also of those that aren't here.
        let all = model.totals["nodes"].map { [$0["missing"]] } ?? model.nodes.values.map { $0["missing"] }
        let missing = all.reduce(0.0) { sum, reasons in (reasons?.members ?? [:]).values.reduce(sum) { $0 + ($1.number ?? 0) } }
        line.append(", \(HumanUnits.fixed(missing, digits: 0)) missing", missing > 0 ? .hot : .plain)
        return line
    }

    /// Whole seconds: tenths of what grows by the second say nothing.
    private static func duration(_ microseconds: Double) -> String {
        HumanUnits.duration(microseconds: Int64(clampingFinite: microseconds / 1e6).saturatingMultiplied(by: 1_000_000))
    }

    static func footer(_ order: TopOrder, _ state: TopState, columns: Int) -> ScreenLine {
        if let typing = state.typing {
            let shown = order.groups.reduce(0) { $0 + $1.containers.count }
            var line = ScreenLine("Filter: ", .bold)
            line.append(typing.text + "_")
            let away = order.away.containers
            let enter = away > 0 ? "Enter looks for it among all" : "Enter keeps it"
            line.append("  \(shown) of \(order.all - away)\(away > 0 ? " that are here" : "")   \(enter), Esc clears it", .faint)
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
