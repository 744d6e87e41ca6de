/// The checksum of commit records and spooled frames: CRC-32C (Castagnoli), the polynomial 0x1EDC6F41 reflected, as in RFC 3720 (appendix B.4).
package enum CRC32C {
    /// Eight bytes at a time ("slicing-by-8", Kounavis and Berry 2005), so that checking a spool is no slower than reading it from the disk.
    /// - Parameter sum: the checksum of the bytes before these, when `bytes` is a part of something longer.
    package static func checksum(_ bytes: RawSpan, behind sum: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~sum
            var index = 0
            while bytes.byteCount - index >= 8 {
                let eight = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
                crc = 0
                for place in 0..<8 { crc ^= tables[(7 - place) << 8 | Int(eight >> (place << 3) & 0xff)] }
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

    /// Eight tables of 256 entries, one after the other: the n-th says how a byte changes the checksum n bytes later.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { start in
            (0..<8).reduce(UInt32(start)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append((before >> 8) ^ tables[Int(before & 0xff)])
        }
        return tables
    }()
}
