/// The hash FNV-1a of 64 bits (draft-eastlake-fnv), the same in every process and on every machine, so that it may stand in files and be compared with another
/// program's. It is no protection from names that somebody makes to collide.
package struct FNV1a: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

    package mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }

    package static func of(_ text: String) -> UInt64 {
        var hash = FNV1a()
        hash.add(text)
        return hash.value
    }
}
