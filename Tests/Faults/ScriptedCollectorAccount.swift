import StatsCore

extension DeliveryLedger {
    /// The ticks that the collector has, each once.
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

    /// How many frames were first taken in after a later epoch than theirs had begun on the agent: they were on its disk.
    func delivered(of epochs: ClosedRange<UInt64>) -> Int { entries.count { epochs.contains($0.epoch) } }
}
