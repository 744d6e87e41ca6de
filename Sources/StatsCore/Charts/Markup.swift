/// Makes text from outside safe for SVG or HTML.
package enum Markup {
    /// Escapes the characters that have a meaning in XML, for text and attributes alike. Characters that XML 1.0 doesn't allow
    /// (its production 2: most control characters) become U+FFFD.
    package static func escape(_ text: some StringProtocol) -> String {
        text.replacingScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            case "\t", "\n", "\r": " "
            default: isAllowed(scalar) ? nil : "\u{fffd}"
            }
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0xfffe, 0xffff: false
        default: true
        }
    }

    /// Cuts a text to `length` characters; a cut text ends in an ellipsis.
    package static func shorten(_ text: String, to length: Int) -> String {
        text.count <= length ? text : text.prefix(max(1, length - 1)) + "…"
    }
}
