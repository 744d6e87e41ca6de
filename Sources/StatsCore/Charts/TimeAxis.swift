/// A horizontal axis of time; its labels give the time since the origin.
package struct TimeAxis: Sendable, Equatable {
    /// Microseconds since 1970.
    package let span: ClosedRange<Int64>
    /// The instant from which the labels count.
    package let origin: Int64

    /// - Parameter span: an empty span is widened to a second.
    package init(span: ClosedRange<Int64>, origin: Int64) {
        self.span = span.lowerBound < span.upperBound ? span : span.lowerBound...span.lowerBound + 1_000_000
        self.origin = origin
    }

    private static let second: Int64 = 1_000_000
    private static let steps: [Int64] = {
        let fractions: [Int64] = [1, 10, 100, 1000, 10_000, 100_000].flatMap { [$0, 2 * $0, 5 * $0] }
        let seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map { Int64($0) * second }
        let hours = [1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160, 8760].map { Int64($0) * 3600 * second }
        return fractions + seconds + hours
    }()

    /// The instants to label, at most `count`.
    func ticks(_ count: Int) -> [Int64] {
        let extent = span.upperBound - span.lowerBound
        let step = Self.steps.first { extent / $0 < Int64(max(1, count)) } ?? max(1, extent / Int64(max(1, count)))
        let first = (Double(span.lowerBound - origin) / Double(step)).rounded(.up)
        var tick = origin + Int64(first) * step
        var ticks: [Int64] = []
        while tick <= span.upperBound {
            ticks.append(tick)
            tick += step
        }
        return ticks
    }

    /// Time since the origin: `0`, `20s`, `1m 30s`, `2h`, `200ms`.
    package func label(_ time: Int64) -> String {
        let passed = time - origin
        let sign = passed < 0 ? "−" : ""
        let amount = Int64(passed.magnitude)
        if amount == 0 { return "0" }
        if amount < Self.second {
            return amount % 1000 == 0 ? "\(sign)\(amount / 1000)ms" : "\(sign)\(amount)µs"
        }
        let seconds = amount / Self.second
        var parts = HumanUnits.parts(seconds: seconds).dropLast().filter { $0.count > 0 }.map { "\($0.count)\($0.unit)" }
        let fraction = amount % Self.second
        if fraction > 0 {
            parts.append(ChartNumber.text(Double(seconds % 60) + Double(fraction) / 1e6, digits: fraction % 100_000 == 0 ? 1 : 3) + "s")
        } else if seconds % 60 > 0 {
            parts.append("\(seconds % 60)s")
        }
        return sign + parts.joined(separator: " ")
    }

    /// Where an instant is, from 0 at the left to 1 at the right.
    func position(_ time: Int64) -> Double { Double(time - span.lowerBound) / Double(span.upperBound - span.lowerBound) }

    /// `2026-11-21 08:00:00 UTC`.
    var originText: String {
        let text = Timestamp.string(origin)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }
}
