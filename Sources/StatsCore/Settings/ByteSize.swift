/// A size as Sonde's users write it: `64KiB`, `256MiB`, `2GiB`.
package enum ByteSize {
    /// - Returns: `nil` for anything else, and for less than 64 KiB.
    package static func parse(_ text: String) -> UInt64? {
        let units: [(name: String, bytes: UInt64)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        guard let unit = units.first(where: { text.hasSuffix($0.name) }), let count = UInt64(text.dropLast(3)), count <= 1 << 20,
            count * unit.bytes >= 64 << 10
        else { return nil }
        return count * unit.bytes
    }
}
