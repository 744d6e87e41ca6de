/// Text that is already a JSON string, quotes included: encoded once when it is first seen, then copied into every row.
package struct EncodedText: Sendable, Equatable {
    package let json: [UInt8]

    package init(_ text: String) { self.init(utf8: Array(text.utf8).span.bytes) }

    /// Encodes bytes from outside that should be UTF-8 (a `comm` may hold anything); invalid sequences become U+FFFD.
    package init(utf8 bytes: RawSpan) {
        var out = ByteWriter(capacity: bytes.byteCount + 16)
        out.append(jsonString: bytes)
        json = out.withUnsafeBytes { Array($0) }
    }

    /// What it means. It allocates, so it isn't for every tick.
    package var text: String {
        var out = ByteWriter(capacity: json.count)
        out.append(unescaping: json.span.bytes.extracting(1..<json.count - 1))
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether this is the encoding of `bytes`, decided without encoding them: `true` is certain, `false` may also mean that they need escapes.
    package func isPlain(_ bytes: RawSpan) -> Bool {
        guard json.count == bytes.byteCount + 2 else { return false }
        for index in 0..<bytes.byteCount
        where json[index + 1] != bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) { return false }
        return true
    }
}

extension ByteWriter {
    /// Appends a member of an object whose value is a text, with a comma in front unless it is the first.
    package mutating func member(_ name: StaticString, _ text: String, isFirst: Bool = false) {
        append(isFirst ? "\"" : ",\"")
        append(name)
        append("\":")
        append(jsonString: text.utf8.span.bytes)
    }

    /// Appends `bytes` as a JSON string (RFC 8259): quotes, backslashes and control characters escaped, invalid UTF-8 replaced.
    package mutating func append(jsonString bytes: RawSpan) {
        append(UInt8(ascii: "\""))
        let isValid = bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) != nil }
        if isValid {
            append(escaping: bytes)
        } else {
            let mended = bytes.withUnsafeBytes { Array(String(decoding: $0, as: UTF8.self).utf8) }
            append(escaping: mended.span.bytes)
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping bytes: RawSpan) {
        for index in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7f:
                append("\\u00")
                append(Hexadecimal.digit(byte >> 4))
                append(Hexadecimal.digit(byte))
            default: append(byte)
            }
        }
    }
}
