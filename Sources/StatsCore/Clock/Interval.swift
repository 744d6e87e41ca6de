/// A length of time as Sonde's users write it: `100ms`, `1s`, `5m`, `2h`.
package struct Interval: Sendable, Hashable, CustomStringConvertible {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func milliseconds(_ count: Int64) -> Interval { Interval(microseconds: count * 1000) }
    package static func seconds(_ count: Int64) -> Interval { Interval(microseconds: count * 1_000_000) }

    /// Reads a number with a unit (us, ms, s, m, h); the number may have a fraction. `nil` for anything else, for zero, and for less than a microsecond.
    package init?(_ text: String) {
        let units: [(String, Double)] = [("us", 1), ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6)]
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units.first(where: { $0.0 == text.dropFirst(number.count) }), let value = Double(number) else { return nil }
        let microseconds = (value * unit.1).rounded()
        guard microseconds >= 1, microseconds <= 366 * 24 * 3600e6 else { return nil }
        self.microseconds = Int64(microseconds)
    }

    package var nanoseconds: UInt64 { UInt64(microseconds) * 1000 }
    package var seconds: Double { Double(microseconds) / 1e6 }

    package var description: String {
        for (size, unit) in [(Int64(3_600_000_000), "h"), (60_000_000, "m"), (1_000_000, "s"), (1000, "ms")]
        where microseconds >= size && microseconds % size == 0 {
            return "\(microseconds / size)\(unit)"
        }
        return microseconds < 1000 || microseconds % 1000 != 0 ? "\(microseconds)us" : "\(microseconds / 1000)ms"
    }
}
