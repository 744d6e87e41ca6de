import StatsCore

extension DeliveryLedger {
    /// The ticks that the collector has, each of them once.
    var ticks: [UInt64] { entries.filter { $0.reason == nil }.flatMap { Array($0.ticks) } }

    /// The ticks that a gap names.
    func named(_ reason: GapReason) -> [UInt64] { entries.filter { $0.reason == reason }.flatMap { Array($0.ticks) } }

    /// The ticks of `range` that are neither there nor named.
    func unexplained(_ range: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
        var missing: [ClosedRange<UInt64>] = []
        var next = range.lowerBound
        for entry in entries where entry.ticks.upperBound >= next {
            guard entry.ticks.lowerBound <= range.upperBound else { break }
            if entry.ticks.lowerBound > next { missing.append(next...entry.ticks.lowerBound - 1) }
            next = entry.ticks.upperBound + 1
        }
        if next <= range.upperBound { missing.append(next...range.upperBound) }
        return missing
    }

    /// The newest tick that the collector has or knows to be missing.
    var newestTick: UInt64? { entries.last?.ticks.upperBound }
}
