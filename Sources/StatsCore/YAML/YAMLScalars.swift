/// The meaning of a text without quotes: YAML 1.2's core schema where YAML 1.1 agrees with it. A text that the two versions read
/// differently (`yes`, `0x1F`, `1_000`, `12:30:45`, `2026-11-21`) is refused.
enum YAMLScalars {
    enum Meaning {
        case value(YAMLNode.Value)
        case refused(String)
    }

    static func meaning(of text: String) -> Meaning {
        switch text {
        case "", "~", "null", "Null", "NULL": return .value(.null)
        case "true", "True", "TRUE": return .value(.bool(true))
        case "false", "False", "FALSE": return .value(.bool(false))
        case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
            return .refused("`\(text)` is a truth value to some readers and a text to others; write true or false, or \"\(text)\"")
        case "<<": return .refused("merge keys aren't read; write the keys out")
        case "=": return .refused("write \"=\" in quotes")
        default: break
        }
        let bytes = Array(text.utf8)
        let unsigned = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes[...]
        guard let first = unsigned.first, isDigit(first) || first == UInt8(ascii: ".") else { return .value(.text(text)) }
        if let number = number(text, unsigned) { return .value(number) }
        return looksLikeNumber(unsigned)
            ? .refused("`\(text)` is read in several ways; write a decimal number such as 12 or 0.5, or \"\(text)\" for a text")
            : .value(.text(text))
    }

    /// `12`, `-3`, `0.5`: an integer without leading zeros, or a decimal with digits before the point.
    private static func number(_ text: String, _ unsigned: ArraySlice<UInt8>) -> YAMLNode.Value? {
        let whole = unsigned.prefix(while: isDigit)
        let rest = unsigned.dropFirst(whole.count)
        guard !whole.isEmpty else { return nil }
        if rest.isEmpty {
            guard whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
            return Int64(text).map { .integer($0) }
        }
        guard rest.first == UInt8(ascii: "."), rest.dropFirst().allSatisfy(isDigit) else { return nil }
        return Double(rest.count == 1 ? text + "0" : text).map { .decimal($0) }
    }

    /// Whether another reader may take it for a number or a time: digits, and the characters that may be between them.
    private static func looksLikeNumber(_ unsigned: ArraySlice<UInt8>) -> Bool {
        if unsigned.first == UInt8(ascii: "."), ["inf", "nan"].contains(String(decoding: unsigned.dropFirst(), as: UTF8.self).lowercased())
        {
            return true
        }
        if unsigned.count > 1, unsigned.first == UInt8(ascii: "0"), "xXoObB".utf8.contains(unsigned[unsigned.startIndex + 1]) {
            return true
        }
        // An address with a port: no reader has a number or a time in which a point comes before a colon.
        if let colon = unsigned.firstIndex(of: UInt8(ascii: ":")), unsigned[..<colon].contains(UInt8(ascii: ".")) { return false }
        let isDate = unsigned.count > 5 && unsigned.prefix(4).allSatisfy(isDigit) && unsigned[unsigned.startIndex + 4] == UInt8(ascii: "-")
        return isDate || (unsigned.contains(where: isDigit) && unsigned.allSatisfy { isDigit($0) || "._:+-eE".utf8.contains($0) })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
