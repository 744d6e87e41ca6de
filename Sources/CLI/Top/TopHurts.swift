import StatsCore

/// One line that names the containers that hurt, wherever they stand in the list: what is killed again and again uses nothing, and stands last.
enum TopHurts {
    /// - Returns: `nil` when nobody hurts, and where the collector judges nothing.
    static func line(_ containers: some Sequence<TopRow>, columns: Int) -> ScreenLine? {
        let found = containers.compactMap { row in worst(of: row).map { (row: row, trouble: $0) } }.sorted {
            ($0.trouble.rank, $0.row.displayName, $0.row.identity) < ($1.trouble.rank, $1.row.displayName, $1.row.identity)
        }
        guard !found.isEmpty else { return nil }
        var line = ScreenLine("hurts  ")
        for (index, item) in found.enumerated() {
            let text = "\(item.row.displayName) \(item.trouble.text)"
            let (separator, left) = (index > 0 ? ", " : "", found.count - index - 1)
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
