extension ByteWriter {
    /// Appends what a JSON string means: `bytes` are between its quotes, in a text that was validated. A NUL and a surrogate
    /// without its other half become U+FFFD, as neither has a place in a text file of UTF-8.
    package mutating func append(unescaping bytes: RawSpan) {
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            guard byte == UInt8(ascii: "\\"), index + 1 < bytes.byteCount else {
                append(byte)
                index += 1
                continue
            }
            let escape = bytes.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self)
            index += 2
            switch escape {
            case UInt8(ascii: "b"): append(0x08)
            case UInt8(ascii: "f"): append(0x0c)
            case UInt8(ascii: "n"): append(0x0a)
            case UInt8(ascii: "r"): append(0x0d)
            case UInt8(ascii: "t"): append(0x09)
            case UInt8(ascii: "u"): append(Self.scalar(bytes, &index))
            default: append(escape)
            }
        }
    }

    /// Reads four hexadecimal digits at `index`, and the second half of a surrogate pair after them.
    private static func scalar(_ bytes: RawSpan, _ index: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = unit(bytes, index) else {
            index = bytes.byteCount
            return replacement
        }
        index += 4
        if first == 0 { return replacement }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? replacement }
        guard index + 6 <= bytes.byteCount, bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: "\\"),
            bytes.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self) == UInt8(ascii: "u"),
            let second = unit(bytes, index + 2), UTF16.isTrailSurrogate(second)
        else { return replacement }
        index += 6
        return Unicode.Scalar(0x10000 + (UInt32(first & 0x3ff) << 10 | UInt32(second & 0x3ff))) ?? replacement
    }

    private static func unit(_ bytes: RawSpan, _ index: Int) -> UInt16? {
        guard index + 4 <= bytes.byteCount else { return nil }
        var unit: UInt16 = 0
        for offset in index..<index + 4 {
            guard let digit = Hexadecimal.value(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar)! { append(byte) }
    }
}
