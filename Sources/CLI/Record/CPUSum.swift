import StatsCore

/// The CPU time of one instance over a run, of one reading after the other.
struct CPUSum: Sendable {
    /// When the first reading was taken, in microseconds since tick 0.
    private(set) var first: Int64?
    /// In microseconds; `nil` with less than two readings.
    private(set) var used: UInt64?
    private var last: (mark: SampleMark, cpu: UInt64)?

    /// When the last reading was taken.
    var end: Int64? { last?.mark.sampled }

    /// What the instance used before it was started again counts as well.
    mutating func add(_ reading: UInt64, _ mark: SampleMark) {
        guard let last else {
            first = mark.sampled
            self.last = (mark, reading)
            return
        }
        let growth: UInt64
        // Not every row tells the start.
        let mark = mark.knowingStart(of: last.mark)
        switch mark.step(since: last.mark) {
        case .repeated:
            self.last = (last.mark.repeated(at: mark), last.cpu)
            return
        case .anew: growth = reading
        case .rates: growth = Rates.growthOverRestarts(from: last.cpu, to: reading)
        }
        used = (used ?? 0) &+ growth
        self.last = (mark, reading)
    }

    /// Counts what was used before the first reading, of an instance that began within the run.
    mutating func addWhole(_ reading: UInt64) { used = (used ?? 0) &+ reading }
}

/// The mean and the peak of a value.
struct MeanAndPeak: Sendable {
    private var sum = 0.0
    private var count = 0.0
    private(set) var peak: Double?

    var mean: Double? { count > 0 ? sum / count : nil }

    mutating func add(_ value: Double?) {
        guard let value else { return }
        sum += value
        count += 1
        peak = max(peak ?? value, value)
    }
}
