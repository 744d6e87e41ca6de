/// Names in the path of a URL (RFC 3986, section 3.3).
enum PathEncoding {
    /// One component: everything but the unreserved characters becomes `%XX`, a slash too, and so do the dots of `.` and `..`, which would
    /// otherwise be taken for directions rather than for a name.
    static func component(_ name: some StringProtocol) -> String {
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
                let digits = String(byte, radix: 16, uppercase: true)
                out += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return out
    }

    /// A run's name, component by component: its slashes stay.
    static func run(_ name: String) -> String {
        name.split(separator: "/", omittingEmptySubsequences: false).map { component($0) }.joined(separator: "/")
    }

    /// The query of a URL, `?` included; empty when no value is given.
    static func query(_ items: [(name: String, value: String?)]) -> String {
        let given = items.compactMap { item in item.value.map { "\(item.name)=\(component($0))" } }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }
}
