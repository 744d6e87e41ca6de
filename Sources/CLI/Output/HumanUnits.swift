import StatsCore

/// Values as people read them. Scripts get the numbers themselves, from `--json`.
enum HumanUnits {
    /// In powers of 1024: `512 B`, `1.5 KiB`, `32.0 MiB`.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        // 1023.95 would be rounded to 1024.0.
        while value >= 1023.95, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        return "\(fixed(value, digits: 1)) \(units.first ?? "")"
    }

    static func percent(_ value: Double) -> String { "\(fixed(value, digits: 1)) %" }

    /// The two largest units, and tenths below a minute: `2h 5m`, `1m 3s`, `9.8s`, `250ms`.
    static func duration(microseconds: Int64) -> String {
        let total = max(0, microseconds)
        if total < 1000 { return "\(total)us" }
        if total < 1_000_000 { return "\(total / 1000)ms" }
        if total < 60_000_000 {
            let tenths = total % 1_000_000 / 100_000
            return "\(total / 1_000_000)\(tenths == 0 ? "" : ".\(tenths)")s"
        }
        let seconds = total / 1_000_000
        let parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    /// A whole number with its noun: `1 row`, `2 rows`.
    static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Rounded half up to `digits` decimals. Without Foundation there is no `%.1f`.
    static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
