import StatsCore

/// Computes the mean, the highest and the last value of each line, to choose the lines to draw.
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

    /// The lines that have any of the values, by the sum of their means, the highest first; equal ones in the order in which they came.
    func order(by values: [Int]) -> [Int] {
        let groups = summaries.isEmpty ? 0 : (summaries.count - 1) / valueCount + 1
        var means: [(group: Int, mean: Double)] = []
        for group in 0..<groups {
            let known = values.compactMap { summary(of: $0, group: group)?.mean }
            if !known.isEmpty { means.append((group, known.reduce(0, +))) }
        }
        means.sort { $0.mean != $1.mean ? $0.mean > $1.mean : $0.group < $1.group }
        return means.map(\.group)
    }
}
