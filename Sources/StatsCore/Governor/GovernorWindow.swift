/// One container's use over the window, in at most sixty slices, however short the ticks are.
struct GovernorWindow: Sendable {
    private struct Slice {
        let begin: Int64
        var readings = 0.0
        var sums = SIMD4<Double>()
        var counts = SIMD4<Double>()
    }

    private var slices: [Slice] = []
    /// The start of the time without a hole.
    private var since: Int64 = 0
    private var last: Int64?

    /// - Parameters:
    ///   - sampled: when the values were measured. An engine without a newer reading repeats the last one, which then doesn't count twice.
    ///   - hole: the longest time between two readings that isn't a hole.
    mutating func add(_ values: GovernorValues, sampled: Int64, window: Int64, hole: Int64) {
        if let last {
            if SampleMark.isRepeated(moved: sampled.saturatingSubtracting(last), over: hole / 2) { return }
            if sampled < last || sampled.saturatingSubtracting(last) > hole { slices.removeAll(keepingCapacity: true) }
        }
        last = sampled
        if slices.isEmpty { since = sampled }
        if slices.last.map({ sampled.saturatingSubtracting($0.begin) >= max(window / 60, 1) }) ?? true {
            slices.append(Slice(begin: sampled))
        }
        let end = slices.count - 1
        slices[end].readings += 1
        for (place, metric) in GovernorMetric.allCases.enumerated() {
            guard let value = values[metric] else { continue }
            slices[end].sums[place] += value
            slices[end].counts[place] += 1
        }
        while let first = slices.first, first.begin < sampled.saturatingSubtracting(window) { slices.removeFirst() }
    }

    /// The means over the window that ends with the newest reading. A value is absent until the window is full (up to `hole`), and when fewer than half
    /// of the readings had it.
    func means(window: Int64, hole: Int64) -> GovernorValues {
        guard let last, last.saturatingSubtracting(since) >= window.saturatingSubtracting(hole) else { return GovernorValues() }
        var all = Slice(begin: 0)
        for slice in slices {
            all.readings += slice.readings
            all.sums += slice.sums
            all.counts += slice.counts
        }
        func mean(_ place: Int) -> Double? { all.counts[place] * 2 >= all.readings ? all.sums[place] / all.counts[place] : nil }
        return GovernorValues(cpu: mean(0), memory: mean(1), rss: mean(2), vsz: mean(3))
    }
}
