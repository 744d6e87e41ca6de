import StatsCore

/// Computes the mean and the highest value of each line, to choose the lines to draw.
struct SeriesRanking: SeriesSink {
    struct Summary {
        var sum = 0.0
        var count: UInt64 = 0
        var highest = -Double.infinity

        var mean: Double { count > 0 ? sum / Double(count) : 0 }
    }

    private let valueCount: Int
    private let ticks: ClosedRange<UInt64>
    /// For each line and value.
    private var summaries: [Summary] = []

    init(valueCount: Int, ticks: ClosedRange<UInt64>) {
        self.valueCount = valueCount
        self.ticks = ticks
    }

    mutating func take(_ number: Double, value: Int, group: Int, tick: UInt64, isJoined: Bool) {
        guard ticks.contains(tick) else { return }
        let at = group * valueCount + value
        while summaries.count <= at { summaries.append(Summary()) }
        summaries[at].sum += number
        summaries[at].count += 1
        summaries[at].highest = max(summaries[at].highest, number)
    }

    /// `nil` when the line has no such value within the ticks.
    func summary(of value: Int, group: Int) -> Summary? {
        let at = group * valueCount + value
        guard at < summaries.count, summaries[at].count > 0 else { return nil }
        return summaries[at]
    }

    /// The lines that have any of the values. In turn comes the one with the highest mean and the one with the highest peak of each value: so no
    /// panel lacks its busiest lines because another panel's numbers are larger, nor one that lived for a moment because its mean is low. Those that
    /// lie at zero come behind all others.
    func order(by values: [Int]) -> [Int] {
        let groups = summaries.isEmpty ? 0 : (summaries.count - 1) / valueCount + 1
        var queues: [[(group: Int, isIdle: Bool)]] = []
        for value in values {
            let known = (0..<groups).compactMap { group in summary(of: value, group: group).map { (group: group, of: $0) } }
            for by in [\Summary.mean, \Summary.highest] {
                queues.append(known.sorted { Self.precedes($0, $1, by) }.map { ($0.group, $0.of[keyPath: by] <= 0) })
            }
        }
        var order: [Int] = []
        var isTaken = [Bool](repeating: false, count: groups)
        for takesIdle in [false, true] {
            var rests = queues.map { $0[...] }
            while rests.contains(where: { !$0.isEmpty }) {
                for index in rests.indices {
                    rests[index] = rests[index].drop { isTaken[$0.group] }
                    guard let next = rests[index].first, takesIdle || !next.isIdle else {
                        rests[index] = []
                        continue
                    }
                    isTaken[next.group] = true
                    order.append(next.group)
                }
            }
        }
        return order
    }

    /// Equal ones stand in the order in which they came.
    private static func precedes(
        _ one: (group: Int, of: Summary), _ other: (group: Int, of: Summary), _ value: KeyPath<Summary, Double>
    ) -> Bool {
        let (first, second) = (one.of[keyPath: value], other.of[keyPath: value])
        return first != second ? first > second : one.group < other.group
    }
}
