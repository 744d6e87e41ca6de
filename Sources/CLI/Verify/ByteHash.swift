/// A hash of a few bytes, eight at a time. It is seeded anew in each process, so that no file can be made to have keys of one hash.
enum ByteHash {
    private static let seed = UInt64.random(in: .min ... .max) | 1

    static func of(_ bytes: RawSpan) -> UInt64 {
        let seed = Self.seed
        return bytes.withUnsafeBytes { bytes in
            var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
            var index = 0
            while index + 8 <= bytes.count {
                hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self), seed)
                index += 8
            }
            var rest: UInt64 = 0
            while index < bytes.count {
                rest = rest << 8 | UInt64(bytes[index])
                index += 1
            }
            return mix(hash ^ rest, 0x9e37_79b9_7f4a_7c15)
        }
    }

    /// Both halves of the product, so that each bit of a factor reaches each bit of the result.
    @inline(__always) private static func mix(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
