/// How styles look on a terminal: the parameters of SGR (ECMA-48, section 8.3.117). Tones between dark and light, so that they can be read on either.
enum Palette: Sendable {
    /// Where `NO_COLOR` is set (no-color.org): weight and inversion only.
    case plain
    case eight
    case many

    init(environment: (String) -> String?) {
        if let refused = environment("NO_COLOR"), !refused.isEmpty {
            self = .plain
        } else if environment("COLORTERM") != nil || environment("TERM")?.contains("256color") == true {
            self = .many
        } else {
            self = .eight
        }
    }

    func parameters(_ style: ScreenStyle) -> String {
        switch (style, self) {
        case (.plain, _): ""
        case (.bold, _): "1"
        case (.title, _): "7"
        case (.sortedTitle, _): "1;7;4"
        case (.faint, .many): "38;5;244"
        case (.faint, _): "2"
        case (.warm, .many): "38;5;166"
        case (.warm, .eight): "35"
        case (.warm, .plain): "4"
        case (.hot, .many): "1;38;5;196"
        case (.hot, .eight): "1;31"
        case (.hot, .plain): "1;4"
        }
    }

    /// A line for a terminal that stands at its begin.
    func text(_ line: ScreenLine) -> String {
        var out = ""
        var column = 1
        for piece in line.pieces {
            let codes = [line.isSelected ? "7" : "", parameters(piece.style)].filter { !$0.isEmpty }
            out += codes.isEmpty ? piece.text : "\u{1b}[\(codes.joined(separator: ";"))m\(piece.text)\u{1b}[0m"
            column += TerminalText.width(piece.text)
            // Terminals don't agree on how wide some characters are; what follows stands in its column nevertheless (CHA).
            if !piece.text.utf8.allSatisfy({ $0 < 0x80 }) { out += "\u{1b}[\(column)G" }
        }
        return out
    }
}
