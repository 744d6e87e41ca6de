import StatsCore

/// What of a line a terminal of a certain width shows: the part around the cursor when it is too long.
struct LineView: Equatable, Sendable {
    /// Escaped, and never wider than there is room.
    let text: String
    /// Columns from the left end of the terminal to the cursor.
    let column: Int

    init(_ line: LineBuffer, prompt: String, columns: Int) {
        let cells = line.characters.map { VisibleText.escape(String($0)) }
        let widths = cells.map { TerminalText.width($0) }
        let promptWidth = TerminalText.width(prompt)
        // The last column stays free for the cursor.
        let room = max(1, columns - promptWidth - 1)
        var first = 0
        var before = widths[..<line.cursor].reduce(0, +)
        while before > room {
            before -= widths[first]
            first += 1
        }
        var shown = ""
        var used = 0
        for index in cells.indices[first...] where used + widths[index] <= room {
            shown += cells[index]
            used += widths[index]
            if used == room { break }
        }
        text = prompt + shown
        column = promptWidth + before
    }
}
