import StatsCore

/// Lines that name who hurts, wherever they stand in the list: what is killed again and again uses nothing, and stands last.
enum TopHurts {
    /// The containers that hurt.
    ///
    /// - Returns: `nil` when nobody hurts, and where the collector judges nothing.
    static func line(_ containers: some Sequence<TopRow>, columns: Int) -> ScreenLine? {
        let found = containers.compactMap { row in worst(of: row).map { (row: row, trouble: $0) } }.sorted {
            ($0.trouble.rank, $0.row.displayName, $0.row.identity) < ($1.trouble.rank, $1.row.displayName, $1.row.identity)
        }
        return line("hurts  ", found.map { "\($0.row.displayName) \($0.trouble.text)" }, columns: columns)
    }

    /// The nodes whose cores are used up, and by whom, the busiest first.
    ///
    /// - Returns: `nil` when there is none of which that is known.
    static func nodes(_ nodes: some Sequence<TopRow>, columns: Int) -> ScreenLine? {
        let hot = nodes.filter { $0.level("cpu_percent") == .hot && !$0.isLost && $0.busiest != nil }.sorted {
            ($1.number("cpu_percent") ?? 0, $0.displayName) < ($0.number("cpu_percent") ?? 0, $1.displayName)
        }
        return line(
            "busy   ", hot.map { "\($0.displayName) CPU \(TopCells.value($0, "cpu_percent", .percent).text)% by \($0.busiest ?? "")" },
            columns: columns)
    }

    private static func line(_ head: String, _ texts: [String], columns: Int) -> ScreenLine? {
        guard !texts.isEmpty else { return nil }
        var line = ScreenLine(head)
        for (index, text) in texts.enumerated() {
            let (separator, left) = (index > 0 ? ", " : "", texts.count - index - 1)
            // What is left out is counted, for which there has to be room.
            let rest = left > 0 ? 3 + "\(left + 1)".count : 0
            guard index == 0 || line.width + separator.count + TerminalText.width(VisibleText.escape(text)) + rest <= columns else {
                line.append(" +\(left + 1)", .hot)
                break
            }
            line.append(separator)
            line.append(text, .hot)
        }
        return line
    }

    private static func worst(of row: TopRow) -> (rank: Int, text: String)? {
        guard let trouble = row.rows("troubles").first, trouble.text("level") == LiveLevel.hot.rawValue,
            let field = trouble.text("field").flatMap({ LiveKind.container[$0] }), let known = field.trouble
        else { return nil }
        guard let number = row.number(field.name) else { return (known.rank, row.text(field.name) ?? known.title.lowercased()) }
        let value = TopCells.text(number, field.format) + (field.format == .percent ? "%" : "×")
        return (known.rank, "\(known.title.lowercased()) \(value)")
    }
}
