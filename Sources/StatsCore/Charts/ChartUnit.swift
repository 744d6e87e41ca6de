/// What an axis measures, and how its values are written.
package enum ChartUnit: Sendable, Equatable {
    /// With prefixes of powers of 1024.
    case bytes
    case bytesPerSecond
    /// 100 means all of it, or one core.
    case percent
    case seconds
    case hertz
    /// A number of things; the text is their name and may be empty: `pages`, `cores`.
    case count(String)
    case countPerSecond(String)

    /// The symbol after a number; a prefix may go between the two.
    private var symbol: String {
        switch self {
        case .bytes: "B"
        case .bytesPerSecond: "B/s"
        case .percent: "%"
        case .seconds: "s"
        case .hertz: "Hz"
        case .count(let noun): noun
        case .countPerSecond(let noun): noun.isEmpty ? "/s" : "\(noun)/s"
        }
    }

    private var prefixes: [(factor: Double, text: String)] {
        switch self {
        case .bytes, .bytesPerSecond:
            [(1, "")] + ByteSize.units.map { ($0.bytes, String($0.name.dropLast())) }
        case .percent: [(1, "")]
        case .seconds: [(1e-6, "µ"), (1e-3, "m"), (1, "")]
        case .hertz, .count, .countPerSecond: [(1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")]
        }
    }

    /// The factor of the largest prefix that `value` reaches.
    func factor(for value: Double) -> Double { prefix(for: value).factor }

    private func prefix(for value: Double) -> (factor: Double, text: String) {
        // A value that would round up to the next prefix takes that prefix.
        prefixes.last { value.magnitude >= $0.factor * 0.9995 } ?? prefixes[0]
    }

    /// A value with its unit, in three significant digits: `1.46 GiB`, `37.5 %`.
    package func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let prefix = prefix(for: value)
        let scaled = value / prefix.factor
        let digits = scaled.magnitude >= 99.95 || scaled == 0 ? 0 : scaled.magnitude >= 9.995 ? 1 : 2
        if isOfAnything, scaled != 0, scaled.magnitude < 0.995 { return joined(Self.small(scaled), prefix.text) }
        return joined(ChartNumber.text(scaled, digits: digits), prefix.text)
    }

    /// Whether nobody knows what the numbers are of: then small ones have no unit that makes them larger, as an application's seconds and ratios.
    private var isOfAnything: Bool { self == .count("") || self == .countPerSecond("") }

    /// Of a number below 1 three significant digits, with an exponent where it would begin with many zeros.
    private static func small(_ value: Double) -> String {
        var (exponent, number) = (0, value)
        while number.magnitude < 0.9995, exponent > -330 {
            number *= 10
            exponent -= 1
        }
        return exponent >= -4 ? ChartNumber.text(value, digits: 2 - exponent) : "\(ChartNumber.text(number, digits: 2))e\(exponent)"
    }

    /// The label of a tick on an axis that goes up to `top` in steps of `step`.
    func label(_ value: Double, top: Double, step: Double) -> String {
        let prefix = prefix(for: top)
        var (digits, scaled) = (0, step / prefix.factor)
        while digits < 6, (scaled - scaled.rounded()).magnitude > scaled.magnitude * 1e-6 {
            scaled *= 10
            digits += 1
        }
        return value == 0 ? "0" : joined(ChartNumber.text(value / prefix.factor, digits: digits), prefix.text)
    }

    private func joined(_ number: String, _ prefix: String) -> String {
        let unit = prefix + symbol
        return unit.isEmpty ? number : unit == "/s" ? "\(number)/s" : "\(number) \(unit)"
    }
}
