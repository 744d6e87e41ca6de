/// Makes text from outside safe for SVG or HTML.
package enum Markup {
    /// Escapes the characters that have a meaning in XML, for text and attributes alike. Characters that XML 1.0 doesn't allow
    /// (its production 2: most control characters) become U+FFFD.
    package static func escape(_ text: some StringProtocol) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            case "\t", "\n", "\r": out.append(" ")
            default: out.append(isAllowed(scalar) ? scalar : "\u{fffd}")
            }
        }
        return String(out)
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
