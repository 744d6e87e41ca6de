/// Percent-encoding, by which a name stands in the path of a URL (RFC 3986, section 2.1).
package enum PercentCoding {
    /// Encodes one component of a path: all but the unreserved characters becomes `%XX`, a slash too, and so do the dots of `.` and `..`, which
    /// would otherwise be taken for directions rather than for a name.
    package static func encode(_ name: some StringProtocol) -> String {
        let isDots = name == "." || name == ".."
        var out = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where !isDots:
                out.append(".")
            default:
                out += "%\(Hexadecimal.text([byte]).uppercased())"
            }
        }
        return out
    }

    /// Decodes `%41` and the like, once; `nil` when a `%` stands alone or the result is not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = Hexadecimal.bytes(rest.prefix(2)), !decoded.isEmpty else { return nil }
            rest = rest.dropFirst(2)
            bytes += decoded
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
