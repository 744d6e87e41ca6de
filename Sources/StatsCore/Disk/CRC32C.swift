/// The checksum of commit records and spooled frames: CRC-32C (Castagnoli), the polynomial 0x1EDC6F41 reflected, as in RFC 3720 (appendix B.4).
package enum CRC32C {
    /// The bytes of each of three streams that are read beside each other. A power of two, at least 8.
    static let stream = 256

    /// Eight bytes at a time ("slicing-by-8", Kounavis and Berry 2005). Each eight wait for those before, so longer texts are read as three streams
    /// beside each other, whose checksums are joined: that is twice as fast.
    /// - Parameter sum: the checksum of the bytes before these, when `bytes` is a part of something longer.
    package static func checksum(_ bytes: RawSpan, behind sum: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~sum
            var index = 0
            while bytes.byteCount - index >= 3 * stream {
                var (second, third) = (UInt32(0), UInt32(0))
                let end = index + stream
                while index < end {
                    crc = step(crc, bytes, index, tables)
                    second = step(second, bytes, index + stream, tables)
                    third = step(third, bytes, index + 2 * stream, tables)
                    index += 8
                }
                crc = behindStream(behindStream(crc, tables) ^ second, tables) ^ third
                index += 2 * stream
            }
            while bytes.byteCount - index >= 8 {
                crc = step(crc, bytes, index, tables)
                index += 8
            }
            while index < bytes.byteCount {
                let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                crc = (crc >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
                index += 1
            }
            return ~crc
        }
    }

    @inline(__always) private static func step(
        _ crc: UInt32, _ bytes: RawSpan, _ index: Int, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        let eight = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
        var crc: UInt32 = 0
        for place in 0..<8 { crc ^= tables[(7 - place) << 8 | Int(eight >> (place << 3) & 0xff)] }
        return crc
    }

    /// The checksum when a stream's length of zeros has followed.
    @inline(__always) private static func behindStream(_ crc: UInt32, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        var sum: UInt32 = 0
        for place in 0..<4 { sum ^= tables[(8 + place) << 8 | Int(crc >> (place << 3) & 0xff)] }
        return sum
    }

    /// Twelve tables of 256 entries, one after the other. The n-th of the first eight says how a byte changes the checksum n bytes later; the n-th of the
    /// last four, what the n-th byte of a checksum becomes by a stream's length of zeros.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { start in
            (0..<8).reduce(UInt32(start)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append((before >> 8) ^ tables[Int(before & 0xff)])
        }
        for index in 0..<1024 {
            let start = UInt32(index & 0xff) << (UInt32(index >> 8) << 3)
            tables.append((0..<stream).reduce(start) { crc, _ in (crc >> 8) ^ tables[Int(crc & 0xff)] })
        }
        return tables
    }()
}
