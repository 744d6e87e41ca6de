/// The lists of nodes and containers.
enum TopOverview {
    static func lines(_ order: TopOrder, _ state: TopState, _ size: ScreenSize) -> [ScreenLine] {
        let nodes = state.showsNodes ? nodeLines(order, state, size) : []
        return nodes + containerLines(order, state, ScreenSize(columns: size.columns, rows: size.rows - nodes.count))
    }

    /// At most a quarter of the room, for containers are what one looks for; none where there is hardly any.
    private static func nodeLines(_ order: TopOrder, _ state: TopState, _ size: ScreenSize) -> [ScreenLine] {
        let room = min(order.nodes.count, size.rows / 4)
        guard size.rows >= 8, room > 0 else { return [] }
        let table = TopTable(TopColumns.nodes, rows: order.nodes, width: size.columns)
        // Below the nodes none of them is chosen: then the list shows its begin.
        let first = order.current < order.nodes.count ? start(order.current, room, order.nodes.count) : 0
        var lines = [table.header(state.sort, isReversed: state.isReversed)]
        for index in first..<first + room {
            var line = table.line(order.nodes[index])
            line.isSelected = index == order.current
            lines.append(line)
        }
        if room < order.nodes.count + order.away.nodes, var last = lines.popLast() {
            let hidden = " +\(order.nodes.count + order.away.nodes - room)"
            last = last.fitted(columns: size.columns - hidden.count)
            last.pad(to: size.columns - hidden.count)
            last.append(hidden, .faint)
            lines.append(last)
        }
        return lines
    }

    private static func containerLines(_ order: TopOrder, _ state: TopState, _ size: ScreenSize) -> [ScreenLine] {
        let table = TopTable(TopColumns.containers, rows: order.containers, width: size.columns)
        let header = table.header(state.sort, isReversed: state.isReversed)
        guard order.groups.contains(where: { !$0.containers.isEmpty }) else {
            let reason = order.all == 0 ? "No containers." : "No container matches '\(state.filter)'. Esc shows all \(order.all)."
            return [header, ScreenLine(reason, .faint)]
        }
        // Only what is seen is drawn: there may be thousands.
        var entries: [(row: TopRow?, group: TopOrder.Group)] = []
        var chosen = 0
        var index = state.showsNodes ? order.nodes.count : 0
        for group in order.groups {
            if group.title != nil { entries.append((nil, group)) }
            for row in group.containers {
                if index == order.current { chosen = entries.count }
                entries.append((row, group))
                index += 1
            }
        }
        let room = max(0, size.rows - 1)
        let first = start(chosen, room, entries.count)
        return [header]
            + entries.enumerated().dropFirst(first).prefix(room).map { index, entry in
                guard let row = entry.row else { return title(of: entry.group, columns: size.columns) }
                var line = table.line(row)
                line.isSelected = index == chosen && (order.current >= order.nodes.count || !state.showsNodes)
                return line
            }
    }

    private static func title(of group: TopOrder.Group, columns: Int) -> ScreenLine {
        func sum(_ name: String) -> Double { group.containers.compactMap { $0.number(name) }.reduce(0, +) }
        var line = ScreenLine("\(group.title ?? "") (\(group.containers.count))", .bold)
        line = line.fitted(columns: max(8, columns - 40))
        line.append("  CPU \(CompactUnits.percent(sum("cpu_percent")))%  MEM \(CompactUnits.bytes(sum("memory_usage_bytes")))")
        line.append("  RX \(CompactUnits.bytes(sum("rx_bytes_per_s")))/s TX \(CompactUnits.bytes(sum("tx_bytes_per_s")))/s")
        return line
    }

    /// The first line that is shown of `count`, so that the chosen one is in the middle where it can be.
    static func start(_ chosen: Int, _ room: Int, _ count: Int) -> Int { max(0, min(chosen - room / 2, count - room)) }
}
