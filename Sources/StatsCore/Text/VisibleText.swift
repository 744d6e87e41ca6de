/// Makes text from outside safe for a terminal or a log.
///
/// A container's name may hold escape sequences that clear the screen, or line breaks that forge a line; here they become visible text.
package enum VisibleText {
    /// Replaces control characters (C0, DEL, C1), line separators and bidirectional marks by visible escapes: `\x1b`, `\u{202e}`.
    package static func escape(_ text: String, keeping kept: Unicode.Scalar? = nil) -> String {
        guard text.unicodeScalars.contains(where: { isHostile($0) && $0 != kept }) else { return text }
        return text.replacingScalars { scalar in
            guard isHostile(scalar), scalar != kept else { return nil }
            let digits = Hexadecimal.text(scalar.value, width: 2)
            return scalar.value < 0x100 ? "\\x\(digits)" : "\\u{\(digits)}"
        }
    }

    /// All of them are in the basic plane, so four digits are enough for each. The marks are those of Unicode's bidirectional algorithm (UAX #9, section 2).
    package static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}

extension StringProtocol {
    /// The text with some of its scalars replaced, in time that grows with its length.
    ///
    /// Trap: appending a sequence to a `String.UnicodeScalarView` copies all that is there already.
    /// - Parameter replacement: `nil` for a scalar that stays.
    package func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(utf8.count + utf8.count / 8)
        for scalar in unicodeScalars {
            if let text = replacement(scalar) { out.append(contentsOf: text.utf8) } else { out.append(contentsOf: UTF8.encode(scalar)!) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
