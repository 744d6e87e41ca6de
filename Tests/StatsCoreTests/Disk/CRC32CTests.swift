import Testing

@testable import StatsCore

@Suite("CRC-32C") struct CRC32CTests {
    @Test(
        "The checksum is the one of RFC 3720, appendix B.4",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            ([UInt8](0..<32), 0x46dd_794e),
            ([UInt8]((0..<32).reversed()), 0x113f_db5c),
            ([UInt8]("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func published(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.checksum(bytes.span.bytes) == checksum)
    }

    @Test("Eight bytes at a time give what one bit at a time gives, at every length and every alignment")
    func bitwise() {
        var state: UInt64 = 1
        let bytes = (0..<96).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        for start in 0..<9 {
            for end in start..<bytes.count {
                #expect(CRC32C.checksum(bytes.span.bytes.extracting(start..<end)) == bitByBit(bytes[start..<end]))
            }
        }
    }

    @Test("Streams beside each other give what one bit at a time gives, also behind other bytes")
    func streams() {
        let bytes = (0..<7 * CRC32C.stream + 20).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
        for turns in 0...6 {
            for count in [turns * CRC32C.stream - 1, turns * CRC32C.stream, turns * CRC32C.stream + 13] where count >= 0 {
                for start in [0, 1, 5] {
                    let range = start..<start + count
                    let (whole, before) = (bitByBit(bytes[range]), bitByBit(bytes[0..<start]))
                    #expect(CRC32C.checksum(bytes.span.bytes.extracting(range)) == whole)
                    #expect(CRC32C.checksum(bytes.span.bytes.extracting(range), behind: before) == bitByBit(bytes[0..<range.upperBound]))
                }
            }
        }
    }

    /// The definition: division by the reflected polynomial.
    private func bitByBit(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82f6_3b78 : crc >> 1 }
        }
        return ~crc
    }
}
