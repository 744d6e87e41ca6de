/// Values for people. Scripts get the exact numbers from `--json`.
package enum HumanUnits {
    /// In powers of 1024: `512 B`, `1.5 KiB`, `32.0 MiB`.
    package static func bytes(_ count: UInt64) -> String { ByteSize.text(count) }

    package static func percent(_ value: Double) -> String { "\(fixed(value, digits: 1)) %" }

    /// The two largest units, and tenths below a minute: `2h 5m`, `1m 3s`, `9.8s`, `250ms`.
    package static func duration(microseconds: Int64) -> String {
        let total = max(0, microseconds)
        if total < 1000 { return "\(total)us" }
        if total < 1_000_000 { return "\(total / 1000)ms" }
        if total < 60_000_000 {
            let tenths = total % 1_000_000 / 100_000
            return "\(total / 1_000_000)\(tenths == 0 ? "" : ".\(tenths)")s"
        }
        return parts(seconds: total / 1_000_000).drop { $0.count == 0 }.prefix(2).filter { $0.count > 0 }
            .map { "\($0.count)\($0.unit)" }.joined(separator: " ")
    }

    /// Days, hours, minutes and seconds.
    static func parts(seconds: Int64) -> [(count: Int64, unit: String)] {
        [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    }

    /// A whole number with its noun: `1 row`, `2 rows`.
    package static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
    }

    /// Rounded half away from zero to `digits` decimals. Without Foundation there is no `%.1f`.
    package static func fixed(_ value: Double, digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let rounded = (value.magnitude * Double(scale)).rounded()
        guard value.magnitude < 1e15, rounded < 9e18 else { return "\(value)" }
        let scaled = Int64(rounded)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
