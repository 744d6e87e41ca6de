/// Keeps a spreadsheet from running a text in a CSV file as a formula: `=cmd|'/c calc'!A1` is written `'=cmd|'/c calc'!A1`.
///
/// A text that begins with any number of apostrophes (or none), followed by `=`, `+`, `-`, `@`, a tab, a carriage return or a line feed, gets one more
/// apostrophe in front. `strip` removes exactly that one, so every text comes back as it was. Numbers aren't texts and aren't changed.
/// The characters are those of OWASP's "CSV injection".
package enum FormulaGuard {
    package static let mark = UInt8(ascii: "'")

    /// Whether this text gets an apostrophe in front.
    package static func isNeeded(_ text: RawSpan) -> Bool {
        var index = 0
        while index < text.byteCount {
            switch text.unsafeLoad(fromByteOffset: index, as: UInt8.self) {
            case mark: index += 1
            case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0a, 0x0d: return true
            default: return false
            }
        }
        return false
    }

    /// The original text of a field of a CSV file.
    package static func strip(_ field: String) -> String {
        field.utf8.first == mark && isNeeded(Array(field.utf8).span.bytes) ? String(field.dropFirst()) : field
    }
}
