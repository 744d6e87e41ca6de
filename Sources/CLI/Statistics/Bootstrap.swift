/// Intervals of the difference between the means of two groups, by the percentile bootstrap (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13).
///
/// Repetitions are drawn again and again, with replacement and as many as there are, from each group for itself, or pairs of them where they are paired; the interval holds the middle 95 % of the
/// differences that come out. The same seed and values give the same interval, whatever else is compared.
struct Bootstrap: Sendable, Equatable {
    /// Below so many repetitions in a group no interval is given: the percentile interval is too narrow for few. docs/COMPARE.md has the figures.
    static let fewest = 5
    static let confidence = 0.95

    let seed: UInt64
    var resamples = 10_000

    struct Intervals: Equatable {
        /// Of mean B − mean A.
        let difference: ClosedRange<Double>
        /// Of mean B ÷ mean A − 1; `nil` when a mean of A comes close to zero or below, where that says nothing.
        let ratio: ClosedRange<Double>?
    }

    /// - Parameter isPaired: the n-th of A belongs to the n-th of B; of groups of different sizes none is paired.
    /// - Returns: `nil` with less than `fewest` repetitions in one of the groups.
    func intervals(_ a: [Double], _ b: [Double], isPaired: Bool = false) -> Intervals? {
        guard min(a.count, b.count) >= Self.fewest, resamples > 1 else { return nil }
        let isPaired = isPaired && a.count == b.count
        var random = SplitMix64(seed: seed)
        var differences: [Double] = []
        var ratios: [Double] = []
        differences.reserveCapacity(resamples)
        ratios.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var (sumA, sumB) = (0.0, 0.0)
            if isPaired {
                for _ in a.indices {
                    let drawn = random.index(below: a.count)
                    sumA += a[drawn]
                    sumB += b[drawn]
                }
            } else {
                for _ in a.indices { sumA += a[random.index(below: a.count)] }
                for _ in b.indices { sumB += b[random.index(below: b.count)] }
            }
            let (meanA, meanB) = (sumA / Double(a.count), sumB / Double(b.count))
            differences.append(meanB - meanA)
            if meanA > 0 { ratios.append(meanB / meanA - 1) }
        }
        return Intervals(
            difference: Self.middle(&differences), ratio: ratios.count == resamples ? Self.middle(&ratios) : nil)
    }

    /// Of the mean of one group.
    /// - Returns: `nil` with less than `fewest` repetitions.
    func interval(ofMean values: [Double]) -> ClosedRange<Double>? {
        guard values.count >= Self.fewest, resamples > 1 else { return nil }
        var random = SplitMix64(seed: seed)
        var means = (0..<resamples).map { _ in
            values.indices.reduce(0) { sum, _ in sum + values[random.index(below: values.count)] } / Double(values.count)
        }
        return Self.middle(&means)
    }

    private static func middle(_ values: inout [Double]) -> ClosedRange<Double> {
        values.sort()
        let tail = (1 - confidence) / 2
        let low = Sample.quantile(ofSorted: values, tail)
        return low...max(low, Sample.quantile(ofSorted: values, 1 - tail))
    }
}
