/// Sizes in powers of 1024, as Sonde's users write and read them: `64KiB`, `1.5 GiB`.
package enum ByteSize {
    /// The units above a byte, the smallest first.
    package static let units: [(name: String, bytes: Double)] = [
        ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40), ("PiB", 0x1p50), ("EiB", 0x1p60),
    ]

    /// A whole number of a unit, as options take it.
    /// - Returns: `nil` for anything else, for less than 64 KiB and for more than 1 PiB.
    package static func parse(_ text: String) -> UInt64? {
        guard let unit = unit(of: text), let count = UInt64(text.dropLast(unit.name.count)) else { return nil }
        let bytes = Double(count) * unit.bytes
        return (0x1p16...0x1p50).contains(bytes) ? UInt64(bytes) : nil
    }

    /// The unit that a text ends in.
    static func unit(of text: some StringProtocol) -> (name: String, bytes: Double)? { units.first { text.hasSuffix($0.name) } }

    /// Rounded to tenths: `512 B`, `1.5 KiB`, `32.0 MiB`.
    package static func text(_ count: UInt64) -> String {
        // 1023.95 would be rounded to 1024.0.
        guard count >= 1024, let unit = units.last(where: { Double(count) >= $0.bytes * (1023.95 / 1024) }) else { return "\(count) B" }
        return "\(HumanUnits.fixed(Double(count) / unit.bytes, digits: 1)) \(unit.name)"
    }
}
