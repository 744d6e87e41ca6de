/// Text from outside that is kept: on one line, and no longer than there is room for.
package enum PlainText {
    /// Control characters and line separators become `?`, and what is longer than that many bytes of UTF-8 is cut off, between characters.
    package static func cut(_ text: String, to limit: Int) -> String {
        let isPlain = !text.unicodeScalars.contains(where: VisibleText.isHostile)
        if isPlain, text.utf8.count <= limit { return text }
        let shown = isPlain ? text : text.replacingScalars { VisibleText.isHostile($0) ? "?" : nil }
        guard shown.utf8.count > limit else { return shown }
        var bytes = 0
        let kept = shown.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= limit
        }
        return String(String.UnicodeScalarView(kept))
    }
}
