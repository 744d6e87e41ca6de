/// Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, and the highest bit set in all but the last byte (DWARF 5, section 7.6).
/// Snappy, protobuf, Thrift's compact protocol and Parquet call such a number a varint.
package enum LEB128 {
    /// The most bytes that a number of 64 bits takes.
    package static let longest = 10

    /// Hands the number's bytes to `put`, one after the other.
    @inline(__always) package static func write(_ value: UInt64, _ put: (UInt8) -> Void) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    package static func bytes(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        write(UInt64(value)) { bytes.append($0) }
        return bytes
    }

    /// How many bytes the number takes.
    @inline(__always) package static func size(of value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }

    /// Reads the number that begins at `offset`, and moves `offset` behind it. Bits beyond the 64th are dropped, as protobuf does.
    /// - Parameter longest: the most bytes that it may take.
    /// - Returns: `nil` where the bytes end within the number, or it takes more of them than `longest`.
    package static func read(_ bytes: RawSpan, at offset: inout Int, longest: Int = longest) -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<min(longest, Self.longest) {
            guard offset < bytes.byteCount else { return nil }
            let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// A signed number as one that is small where that is near zero: 0, −1, 1, −2, … as 0, 1, 2, 3, …
    package static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
}
