/// The checksum of commit records and spooled frames: CRC-32C (Castagnoli), the polynomial 0x1EDC6F41 reflected, as in RFC 3720 (appendix B.4).
package enum CRC32C {
    package static func checksum(_ bytes: RawSpan) -> UInt32 {
        var crc = ~UInt32(0)
        for index in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            crc = (crc >> 8) ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
        }
        return ~crc
    }

    private static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
    }
}
