import StatsCore

/// The part of a line that fits into a terminal's width; for a long line, the part around the cursor.
struct LineView: Equatable, Sendable {
    /// Escaped, and at most as wide as the room.
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
