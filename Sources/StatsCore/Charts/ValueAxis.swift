#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An axis of values with round ticks. It begins at zero, or below when there are negative values, unless it only spans its values.
struct ValueAxis: Equatable {
    let unit: ChartUnit
    let range: ClosedRange<Double>
    let step: Double

    /// - Parameters:
    ///   - count: about how many steps are wanted.
    ///   - hasZero: whether zero is on the axis in any case.
    init(covering values: ClosedRange<Double>, unit: ChartUnit, count: Int = 5, hasZero: Bool = true) {
        self.unit = unit
        // Values that are as good as one need an axis, too: then zero is on it.
        let isWide = values.upperBound - values.lowerBound > max(values.upperBound.magnitude, values.lowerBound.magnitude) * 1e-9
        let zero = hasZero || !isWide ? 0...0 : values
        // A value that is closer to zero than any measured one counts as zero: its logarithm may not be finite.
        let bounds = (min(zero.lowerBound, values.lowerBound), max(zero.upperBound, values.upperBound))
        let (low, high) = bounds.1 - bounds.0 < 1e-12 ? (0, 0) : bounds
        // The steps are round in the unit of the labels: 200 MiB, not 200,000,000 bytes.
        let factor = unit.factor(for: max(high, -low))
        step = high > low ? Self.round((high - low) / Double(count) / factor) * factor : factor
        let top = high > low ? (high / step).rounded(.up) * step : low + step
        range = (low / step).rounded(.down) * step...top
    }

    /// The lowest of 1, 2 and 5 times a power of ten that isn't below `value`, with a small tolerance.
    private static func round(_ value: Double) -> Double {
        let power = pow(10, floor(log10(value)))
        return ([1, 2, 5].first { $0 * power >= value * 0.93 } ?? 10) * power
    }

    var ticks: [Double] {
        (0...Int(((range.upperBound - range.lowerBound) / step).rounded())).map { range.lowerBound + Double($0) * step }
    }

    func label(_ value: Double) -> String {
        unit.label(value.magnitude < step / 1000 ? 0 : value, top: max(range.upperBound, -range.lowerBound), step: step)
    }

    /// Where a value is, from 0 at the bottom to 1 at the top.
    func position(_ value: Double) -> Double { (value - range.lowerBound) / (range.upperBound - range.lowerBound) }
}
