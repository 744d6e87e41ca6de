import StatsCore

/// What a piece of text means; `Palette` says how that looks.
enum ScreenStyle: Hashable, Sendable {
    case plain, faint, bold
    /// Names of columns.
    case title
    /// The name of the column that is sorted by.
    case sortedTitle
    /// Worth a look.
    case warm
    /// Hurts.
    case hot
}

/// One line of the screen: pieces of text, each with its style.
struct ScreenLine: Equatable, Sendable {
    struct Piece: Equatable, Sendable {
        var text: String
        var style: ScreenStyle
    }

    private(set) var pieces: [Piece] = []
    /// In columns of the terminal.
    private(set) var width = 0
    /// The line that the keys act upon.
    var isSelected = false

    init(_ text: String = "", _ style: ScreenStyle = .plain) { append(text, style) }

    /// The text without its styles.
    var text: String { pieces.map(\.text).joined() }

    /// Text from elsewhere is made visible here.
    mutating func append(_ text: String, _ style: ScreenStyle = .plain) {
        guard !text.isEmpty else { return }
        let visible = VisibleText.escape(text)
        pieces.append(Piece(text: visible, style: style))
        width += TerminalText.width(visible)
    }

    /// A cell of a table: exactly `columns` wide.
    mutating func append(cell text: String, columns: Int, isLeft: Bool, _ style: ScreenStyle = .plain) {
        let fitted = TerminalText.fitted(VisibleText.escape(text), columns: columns)
        let blanks = String(repeating: " ", count: columns - TerminalText.width(fitted))
        pieces.append(Piece(text: isLeft ? fitted + blanks : blanks + fitted, style: style))
        width += columns
    }

    /// Blanks up to a column, counted from the line's begin.
    mutating func pad(to column: Int, _ style: ScreenStyle = .plain) {
        if column > width { append(String(repeating: " ", count: column - width), style) }
    }

    /// Cuts what is too wide for the screen.
    func fitted(columns: Int) -> ScreenLine {
        guard width > columns else { return self }
        var line = ScreenLine()
        line.isSelected = isSelected
        for piece in pieces {
            let room = columns - 1 - line.width
            guard TerminalText.width(piece.text) > room else {
                line.append(piece.text, piece.style)
                continue
            }
            line.append(TerminalText.beginning(of: piece.text, columns: room) + (columns > 0 ? "…" : ""), piece.style)
            break
        }
        return line
    }

    /// The same line where nothing is current any more.
    var faded: ScreenLine {
        var line = self
        for index in line.pieces.indices { line.pieces[index].style = .faint }
        return line
    }
}

extension TerminalText {
    /// As much of the text as fits, with `…` for what is cut off.
    static func fitted(_ text: String, columns: Int) -> String {
        guard width(text) > columns else { return text }
        return columns > 0 ? beginning(of: text, columns: columns - 1) + "…" : ""
    }

    /// As many characters as fit.
    static func beginning(of text: String, columns: Int) -> String {
        var used = 0
        return String(
            text.prefix { character in
                used += width(of: character)
                return used <= columns
            })
    }
}
