import StatsCore

/// Text for a terminal. `VisibleText` makes text from outside harmless.
enum TerminalText {
    /// Escapes what `VisibleText` escapes, in finished JSON and as JSON escapes; line feeds between its tokens stay.
    static func escapeJSON(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { VisibleText.isHostile($0) && $0 != "\n" }) else { return json }
        return json.replacingScalars { scalar in
            VisibleText.isHostile(scalar) && scalar != "\n" ? "\\u\(Hexadecimal.text(scalar.value, width: 4))" : nil
        }
    }

    /// How many terminal columns the text takes.
    static func width(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + width(of: $1) }
    }

    /// Two columns for East Asian wide characters and emoji (UAX #11, by block), none for a lone combining mark, else one.
    static func width(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            return 2
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
