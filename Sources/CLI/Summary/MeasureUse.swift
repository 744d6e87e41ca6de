import StatsCore

/// What one thing used of one measure, in a run or in a part of it.
struct MeasureUse: Sendable {
    let measure: Measure
    /// A value for each tick, weighted with the number of intervals that it stands for.
    private(set) var values: ValueSketch
    /// Of counters what they grew by, as they count; of a gauge its sum over seconds. `nil` where nothing says it.
    private var growth: Double?
    /// For how many microseconds that is.
    private var time: Int64
    /// The highest value that something else than a row tells.
    private var peak: Double?

    init(_ measure: Measure, values: ValueSketch, growth: Double?, time: Int64, peak: Double? = nil) {
        (self.measure, self.values, self.growth, self.time, self.peak) = (measure, values, growth, time, peak)
    }

    /// In the measure's total unit.
    var total: Double? { growth.map { $0 / measure.totalDivisor } }
    /// For how long the total is.
    var seconds: Double { Double(time) / 1e6 }

    var isEmpty: Bool { values.weight == 0 && growth == nil && peak == nil }

    /// Of a counter what it grew by over the time between its readings; of a gauge the mean of its values over time.
    var mean: Double? {
        guard case .counters = measure.source else { return values.mean }
        return Rates(microseconds: time).perSecond(growth).map { $0 / measure.divisor }
    }

    /// At some time it was at least the mean: of what began between two ticks a tick's value says less, as its time there is shorter than an interval.
    var max: Double? { [values.highest, peak, mean].compactMap(\.self).max() }

    /// Adds what it used besides, at other times or by other counters.
    mutating func add(_ other: MeasureUse) {
        values.add(other.values)
        growth = growth.map { $0 + (other.growth ?? 0) } ?? other.growth
        time = time.saturatingAdding(other.time)
        peak = [peak, other.peak].compactMap(\.self).max()
    }

    func value(_ statistic: Statistic) -> Double? { values(of: [statistic])[statistic] }

    /// Several of them for one sorting of the values.
    func values(of statistics: some Sequence<Statistic>) -> [Statistic: Double] {
        var found: [Statistic: Double] = [:]
        let shares = statistics.filter { $0.share != nil }.sorted { ($0.share ?? 0) < ($1.share ?? 0) }
        for (statistic, value) in zip(shares, values.quantiles(shares.compactMap(\.share))) { found[statistic] = value }
        for statistic in statistics where statistic.share == nil {
            switch statistic {
            case .mean: found[statistic] = mean
            case .max: found[statistic] = max
            case .total: found[statistic] = total
            default: break
            }
        }
        return found
    }
}

/// A number that stands for all values of a measure.
enum Statistic: String, CaseIterable, Sendable, Encodable {
    case mean, p50, p95, p99, max, total

    /// Of a quantile.
    var share: Double? {
        switch self {
        case .p50: 0.5
        case .p95: 0.95
        case .p99: 0.99
        case .mean, .max, .total: nil
        }
    }

    /// What it is measured in; `nil` where the measure has none.
    func unit(of measure: Measure) -> Measure.Unit? { self == .total ? measure.totalUnit : measure.unit }
}
