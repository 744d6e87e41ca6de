import StatsCore

/// One instant in the time of several collectors: when their run begins, and at which tick it ends. A pure value; all times are in µs.
struct GroupGrid: Equatable {
    /// What is known of one of the collectors.
    struct Collector {
        let name: String
        /// Its clock against that of this process.
        let clock: OffsetEstimator.Estimate
        /// How far ahead tick 0 has to be when it is told of it.
        var lead: Int64 = 0
    }

    let members: [RecordingGroup.Member]

    /// How long an order may take on top of what round trips take: for a process that has to wait for a core, and a disk that has to write run.json.
    private static let patience: Int64 = 500_000
    /// The same for an order that writes nothing before it counts.
    private static let quickPatience: Int64 = 200_000

    /// Sets tick 0 so far ahead that the slowest can follow, at a whole tenth of a second of the first collector's time.
    /// - Parameter now: by the clock against which the collectors' were measured.
    init(_ collectors: [Collector], now: Int64) {
        let lead = collectors.map(\.lead).max() ?? 0
        let reference = collectors.first?.clock.offset ?? 0
        let earliest = now + reference + lead + Self.trip(collectors) + Self.patience
        let t0 = (earliest + 99_999) / 100_000 * 100_000
        members = collectors.map { collector in
            let ahead = collector.clock.offset - reference
            return RecordingGroup.Member(
                collector: collector.name, t0Us: t0 + ahead, clockAheadUs: ahead, clockErrorUs: collector.clock.error)
        }
    }

    /// How long (µs) an order may be on its way: twice the longest of the shortest round trips.
    private static func trip(_ collectors: [Collector]) -> Int64 { 4 * (collectors.map(\.clock.error).max() ?? 0) }

    /// The last tick of runs that are stopped now: the newest that is due on any of them when all have been told.
    /// - Parameters:
    ///   - runs: tick 0 of each, and its clock.
    ///   - now: by the clock against which the collectors' were measured.
    /// - Returns: `nil` when no tick is due before that, or the interval can be none.
    static func lastTick(_ runs: [(t0: Int64, collector: Collector)], interval: Int64, now: Int64) -> UInt64? {
        guard Grid.intervals.contains(interval) else { return nil }
        let told = now + trip(runs.map(\.collector)) + quickPatience
        return runs.compactMap { run in Grid(t0: run.t0, interval: interval).latest(at: told + run.collector.clock.offset) }.max()
    }
}
