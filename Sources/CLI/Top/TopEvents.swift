import StatsCore

/// What happened of late, newest first.
enum TopEvents {
    /// What stands before the sentence.
    private static let columns: [TopColumn] = [
        TopColumn(title: "TIME", width: 8, rank: 0) { ($0.timeOfDay, .plain) },
        TopColumn(title: "NODE", width: 8, rank: 3, isText: true) { TopCells.text($0, "node") },
        TopColumn(title: "EVENT", width: 15, rank: 1, isText: true) { ($0.text("kind") ?? "-", $0.eventStyle) },
        TopColumn(title: "CONTAINER", width: 13, rank: 2, isText: true) { TopCells.text($0, "container") },
    ]

    /// The sentences get at least two fifths of the screen, and are cut at its edge.
    static func lines(_ model: TopModel, _ state: TopState, columns width: Int) -> TopDetail.Page {
        let events = model.events.reversed().filter { row in state.onlyNode.map { row.text("node") == $0 } ?? true }
        guard !events.isEmpty else { return TopDetail.Page(fixed: [ScreenLine("Nothing has happened of late.", .faint)]) }
        let table = TopTable(columns, rows: events, width: max(8, width * 3 / 5))
        var header = table.header()
        header.append(cell: " WHAT", columns: max(0, width - header.width), isLeft: true, .title)
        let lines = events.map { event in
            var line = table.line(event)
            line.append(" \(event.sentence)", event.eventStyle)
            return line
        }
        return TopDetail.Page(fixed: [header], moving: lines)
    }
}

extension TopRow {
    /// Of RFC 3339; in UTC, as the screen's own clock.
    fileprivate var timeOfDay: String { (text("time") ?? "").split(separator: "T").last.map { String($0.prefix(8)) } ?? "" }

    fileprivate var sentence: String {
        [text("message"), text("exit_code").map { "exit \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    fileprivate var eventStyle: ScreenStyle {
        ScreenStyle(text("level").flatMap { LiveLevel(rawValue: $0) })
    }
}
