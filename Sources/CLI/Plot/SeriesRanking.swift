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

    /// Keeps these lines, numbered anew in this order.
    mutating func keep(_ kept: [Int]) {
        let old = summaries
        summaries = kept.flatMap { group in
            (0..<valueCount).map { value in
                let at = group * valueCount + value
                return at < old.count ? old[at] : Summary()
            }
        }
    }

    /// The first lines by any of the values.
    func best(_ limit: Int) -> [Int] { best(limit, by: Array(0..<valueCount)) }

    private var groups: Range<Int> { 0..<(summaries.isEmpty ? 0 : (summaries.count - 1) / valueCount + 1) }

    /// How many lines have any of the values.
    func count(having values: [Int]) -> Int {
        groups.count { group in values.contains { summary(of: $0, group: group) != nil } }
    }

    /// The lines that have a value, from the one with the highest peak down.
    func byPeak(of value: Int) -> [Int] {
        func peak(_ group: Int) -> Double { summary(of: value, group: group)?.highest ?? 0 }
        return groups.filter { summary(of: value, group: $0) != nil }.sorted { (peak($0), $1) > (peak($1), $0) }
    }

    /// The first lines that have any of the values. In turn comes the one with the highest mean and the one with the highest peak of each value: so no
    /// panel lacks its busiest lines because another panel's numbers are larger, nor one that lived for a moment because its mean is low. Those that
    /// lie at zero come behind all others.
    /// - Parameter limit: how many are wanted.
    func best(_ limit: Int, by values: [Int]) -> [Int] {
        // What stands behind the first `limit` of a queue has no turn before those are taken.
        var queues: [[Ranked]] = []
        for value in values {
            for figure in [\Summary.mean, \Summary.highest] { queues.append(first(limit, value, figure)) }
        }
        var order: [Int] = []
        var taken = Set<Int>()
        for takesIdle in [false, true] {
            var rests = queues.map { $0[...] }
            while rests.contains(where: { !$0.isEmpty }) {
                for index in rests.indices {
                    rests[index] = rests[index].drop { taken.contains($0.group) }
                    guard let next = rests[index].first, takesIdle || next.number > 0 else {
                        rests[index] = []
                        continue
                    }
                    guard order.count < limit else { return order }
                    taken.insert(next.group)
                    order.append(next.group)
                }
            }
        }
        return order
    }

    private struct Ranked {
        let group: Int
        let number: Double

        /// Equal ones stand in the order in which they came.
        func precedes(_ other: Ranked) -> Bool { number != other.number ? number > other.number : group < other.group }
    }

    /// The lines with the highest figures of a value.
    private func first(_ limit: Int, _ value: Int, _ figure: KeyPath<Summary, Double>) -> [Ranked] {
        let all = groups.compactMap { group in
            summary(of: value, group: group).map { Ranked(group: group, number: $0[keyPath: figure]) }
        }
        return Array(all.sorted { $0.precedes($1) }.prefix(limit))
    }
}
