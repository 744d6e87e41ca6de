import StatsCore

/// One statistic of one measure of one thing, in both groups.
struct ComparedMeasure: Sendable {
    /// Its values in one group: one of each repetition in which it was there, in their order.
    struct Side: Sendable {
        let values: [Double]
        /// How many repetitions the group has.
        let repetitions: Int

        var mean: Double? { Sample.mean(values) }
    }

    let subject: Subject
    let measure: Measure
    let statistic: Statistic
    let a: Side
    let b: Side
    let intervals: Bootstrap.Intervals?
    let cliffsDelta: Double?
    let hedgesG: Double?

    /// - Parameters:
    ///   - a: a value of each repetition, `nil` where the thing wasn't there.
    ///   - isPaired: the n-th of A belongs to the n-th of B. Repetitions of which one is absent don't count then.
    init(
        _ subject: Subject, _ measure: Measure, _ statistic: Statistic, _ a: [Double?], _ b: [Double?], _ bootstrap: Bootstrap,
        isPaired: Bool
    ) {
        (self.subject, self.measure, self.statistic) = (subject, measure, statistic)
        var (known, others) = (a, b)
        if isPaired, a.count == b.count {
            for place in a.indices where a[place] == nil || b[place] == nil { (known[place], others[place]) = (nil, nil) }
        }
        self.a = Side(values: known.compactMap(\.self), repetitions: a.count)
        self.b = Side(values: others.compactMap(\.self), repetitions: b.count)
        intervals = bootstrap.intervals(self.a.values, self.b.values, isPaired: isPaired)
        cliffsDelta = EffectSize.cliffsDelta(self.a.values, self.b.values)
        hedgesG = EffectSize.hedgesG(self.a.values, self.b.values)
    }

    var unit: Measure.Unit { statistic.unit(of: measure) ?? measure.unit }
    var difference: Double? { a.mean.flatMap { mean in b.mean.map { $0 - mean } } }
    /// The difference over A's mean; `nil` where that is zero.
    var ratio: Double? { difference.flatMap { difference in a.mean.flatMap { $0 != 0 ? difference / $0.magnitude : nil } } }

    /// How sure it is that the two differ.
    enum Certainty: String, Sendable, Encodable {
        /// The interval of the difference leaves out zero.
        case clear
        /// Too few repetitions for an interval, of which all of one group are above all of the other.
        case apart
        /// Nothing speaks for a difference, or nobody can tell.
        case none
    }

    var certainty: Certainty {
        guard let difference, difference != 0 else { return .none }
        if let interval = intervals?.difference { return interval.lowerBound > 0 || interval.upperBound < 0 ? .clear : .none }
        return min(a.values.count, b.values.count) >= Self.fewestApart && cliffsDelta?.magnitude == 1 ? .apart : .none
    }

    /// Of two values each, one pair in three is apart by chance.
    private static let fewestApart = 3
    /// A smaller change, however sure, is none that anybody looks for.
    private static let leastRatio = 0.01

    /// Whether it is worth a sentence.
    var matters: Bool { certainty != .none && (ratio?.magnitude ?? 1) >= Self.leastRatio }

    /// What the measure is called with its statistic: `CPU`, `CPU, p95`.
    var title: String { statistic == .mean ? measure.title : "\(measure.title), \(statistic.rawValue)" }

    /// For a person: `CPU 12.4 % higher: 31.0 % → 34.9 %`, and how sure that is.
    var sentence: String? {
        guard let meanA = a.mean, let meanB = b.mean, let difference else { return nil }
        let direction = difference > 0 ? "higher" : "lower"
        var text = title + " " + (ratio.map { "\(Self.percent($0.magnitude)) \(direction)" } ?? direction)
        text += ": \(unit.text(meanA)) → \(unit.text(meanB))"
        switch (certainty, intervals) {
        case (.clear, .some(let intervals)): text += ", 95 % interval of the difference \(interval(intervals))"
        case (.apart, _):
            text +=
                ", all of one group above all of the other; \(a.values.count) and \(b.values.count) repetitions are too few for an interval"
        default: text += ", which may be chance"
        }
        if let delta = cliffsDelta {
            text += " (Cliff's delta \(Self.number(delta)), \(EffectSize.word(cliffsDelta: delta))"
            text += hedgesG.map { "; Hedges' g \(Self.number($0)))" } ?? ")"
        }
        return text
    }

    /// As a share of A's mean where that can be told, else in the measure's unit.
    func interval(_ intervals: Bootstrap.Intervals) -> String {
        if let ratio = intervals.ratio { return "\(Self.signed(ratio.lowerBound)) to \(Self.signed(ratio.upperBound))" }
        return "\(signedValue(intervals.difference.lowerBound)) to \(signedValue(intervals.difference.upperBound))"
    }

    /// With a plus sign; a difference between percentages is in points.
    func signedValue(_ value: Double) -> String {
        let text = unit.chart == .percent ? "\(ChartNumber.text(value, digits: value.magnitude < 10 ? 2 : 1)) points" : unit.text(value)
        return value > 0 ? "+\(text)" : text
    }

    static func signed(_ ratio: Double) -> String { (ratio > 0 ? "+" : "") + percent(ratio) }
    static func number(_ value: Double) -> String { ChartNumber.text(value, digits: 2) }
    private static func percent(_ ratio: Double) -> String {
        "\(ChartNumber.text(ratio * 100, digits: ratio.magnitude < 10 ? 1 : 0)) %"
    }
}
