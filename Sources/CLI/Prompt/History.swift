/// The earlier lines, and the position while the user moves through them. Pure; `HistoryFile` stores them.
struct History: Equatable, Sendable {
    static let longest = 1000

    private(set) var lines: [String]
    /// The index of the line that is shown; `lines.count` is the one being written.
    private var position: Int
    /// The line that was being written when the user went back.
    private var draft = ""

    init(lines: [String] = []) {
        self.lines = Array(lines.suffix(Self.longest))
        position = self.lines.count
    }

    /// Adds a line, unless it is blank or the same as the last one. Returns whether it was added.
    @discardableResult
    mutating func note(_ line: String) -> Bool {
        defer { position = lines.count }
        guard !line.allSatisfy(\.isWhitespace), line != lines.last else { return false }
        lines.append(line)
        if lines.count > Self.longest { lines.removeFirst(lines.count - Self.longest) }
        return true
    }

    /// The line before the one that is shown. `current` is the user's unfinished line; it is kept to return to.
    mutating func older(than current: String) -> String? {
        guard position > 0 else { return nil }
        if position == lines.count { draft = current }
        position -= 1
        return lines[position]
    }

    mutating func newer() -> String? {
        guard position < lines.count else { return nil }
        position += 1
        return position == lines.count ? draft : lines[position]
    }
}
