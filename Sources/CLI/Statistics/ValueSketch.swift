#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A distribution of values over time, in bounded memory: each value counts as much as its weight, such as the time for which it stood.
///
/// Few values are kept as they are, so that quantiles are exact. Of more than `exactLimit` different ones the logarithms are counted in buckets, and a quantile
/// is within `relativeError` of the value that the exact one would be (as in DDSketch: Masson, Rim, Lee, VLDB 2019). Lowest, highest and mean are always exact.
struct ValueSketch: Sendable {
    /// A value equal to the one before takes no room.
    static let exactLimit = 512
    static let relativeError = 0.01
    /// Values closer to zero count as zero: nothing that is measured is so small.
    private static let smallest = 1e-9
    /// Nothing that is measured is so large; what is larger is left out, so that no sum is infinite.
    static let largest = 1e100

    private struct Entry {
        let value: Double
        var weight: Double
    }

    private var entries: [Entry] = []
    private var buckets: SketchBuckets?
    /// Of all values.
    private(set) var weight = 0.0
    private var weightedSum = 0.0
    private(set) var lowest: Double?
    private(set) var highest: Double?

    /// The weighted mean; `nil` without a value.
    var mean: Double? { weight > 0 ? weightedSum / weight : nil }
    var isExact: Bool { buckets == nil }

    /// - Parameter weight: a value with none is left out, and so is one that can't have been measured.
    mutating func add(_ value: Double, weight added: Double = 1) {
        guard value.magnitude < Self.largest, added > 0, added.isFinite else { return }
        weight += added
        weightedSum += value * added
        lowest = min(lowest ?? value, value)
        highest = max(highest ?? value, value)
        put(value, added)
    }

    /// Adds all values of another sketch, their weights times `factor`.
    mutating func add(_ other: ValueSketch, factor: Double = 1) {
        guard other.weight > 0, factor > 0, factor.isFinite else { return }
        weight += other.weight * factor
        weightedSum += other.weightedSum * factor
        lowest = [lowest, other.lowest].compactMap(\.self).min()
        highest = [highest, other.highest].compactMap(\.self).max()
        if let added = other.buckets {
            countInBuckets()
            added.each { buckets?.add($0, $1 * factor) }
        }
        for entry in other.entries { put(entry.value, entry.weight * factor) }
    }

    private mutating func put(_ value: Double, _ added: Double) {
        if buckets != nil {
            buckets?.add(value.magnitude < Self.smallest ? 0 : value, added)
        } else if let last = entries.last, last.value == value {
            entries[entries.count - 1].weight += added
        } else {
            entries.append(Entry(value: value, weight: added))
            if entries.count > Self.exactLimit { countInBuckets() }
        }
    }

    private mutating func countInBuckets() {
        guard buckets == nil else { return }
        var counted = SketchBuckets()
        for entry in entries { counted.add(entry.value.magnitude < Self.smallest ? 0 : entry.value, entry.weight) }
        buckets = counted
        entries = []
    }

    /// The smallest value that, with all smaller ones, has at least this share of the weight: the inverse of the distribution function.
    /// - Parameter share: from 0, the lowest, to 1, the highest.
    func quantile(_ share: Double) -> Double? { quantiles([share]).first }

    /// Several quantiles for one sorting.
    /// - Parameter shares: in ascending order.
    /// - Returns: as many; none without a value.
    func quantiles(_ shares: [Double]) -> [Double] {
        let steps = distribution()
        guard let last = steps.last else { return [] }
        var found: [Double] = []
        var place = 0
        for share in shares {
            // Sums of weights are rounded: a share that is reached but for the last bits is reached.
            while place < steps.count - 1, steps[place].share < share - 1e-12 { place += 1 }
            found.append(place < steps.count ? steps[place].value : last.value)
        }
        return found
    }

    /// The distribution function: for each value, ascending, the share of the weight of all that are no larger.
    func distribution() -> [(value: Double, share: Double)] {
        var all: [(value: Double, share: Double)] = []
        if let buckets {
            // A bucket's middle may lie beyond the values that are in it.
            let (low, high) = (lowest ?? 0, highest ?? 0)
            buckets.each { all.append((min(max($0, low), high), $1)) }
        } else {
            all = entries.map { ($0.value, $0.weight) }.sorted { $0.0 < $1.0 }
        }
        var sum = 0.0
        for place in all.indices {
            sum += all[place].share
            all[place].share = sum / weight
        }
        // The highest value is in the last bucket.
        if buckets != nil, !all.isEmpty, let highest { all[all.count - 1].value = highest }
        return all
    }
}

/// How much weight is in each bucket of a logarithmic scale, for values of both signs.
private struct SketchBuckets: Sendable {
    private static let base = (1 + ValueSketch.relativeError) / (1 - ValueSketch.relativeError)
    private static let scale = 1 / log(base)
    /// No measured value is beyond; so the number of buckets is bounded.
    private static let largest = 1e24

    /// Weights from bucket `first` on: bucket i has the values above base^(i−1) up to base^i.
    private struct Side: Sendable {
        var first = 0
        var weights: [Double] = []

        mutating func add(_ magnitude: Double, _ weight: Double) {
            let bucket = Int((log(min(magnitude, SketchBuckets.largest)) * SketchBuckets.scale).rounded(.up))
            if weights.isEmpty { first = bucket }
            if bucket < first {
                weights.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
                first = bucket
            } else if bucket - first >= weights.count {
                weights.append(contentsOf: repeatElement(0, count: bucket - first - weights.count + 1))
            }
            weights[bucket - first] += weight
        }

        /// The value of a bucket that is as far from its lower end as from its upper one, in proportion.
        func middle(_ place: Int) -> Double { 2 * pow(SketchBuckets.base, Double(first + place)) / (SketchBuckets.base + 1) }
    }

    private var below = Side()
    private var zero = 0.0
    private var above = Side()

    mutating func add(_ value: Double, _ weight: Double) {
        if value == 0 {
            zero += weight
        } else if value > 0 {
            above.add(value, weight)
        } else {
            below.add(-value, weight)
        }
    }

    /// Calls `body` with each bucket that holds something, the lowest first.
    func each(_ body: (_ value: Double, _ weight: Double) -> Void) {
        for place in below.weights.indices.reversed() where below.weights[place] > 0 { body(-below.middle(place), below.weights[place]) }
        if zero > 0 { body(0, zero) }
        for place in above.weights.indices where above.weights[place] > 0 { body(above.middle(place), above.weights[place]) }
    }
}
