import TestSupport
import Testing

@testable import CLI

@Suite("A distribution of values over time") struct ValueSketchTests {
    /// The smallest value that, with all smaller ones, has the share of the weight.
    private static func exact(_ values: [(Double, Double)], _ share: Double) -> Double {
        let sorted = values.sorted { $0.0 < $1.0 }
        let all = sorted.reduce(0) { $0 + $1.1 }
        var sum = 0.0
        for (value, weight) in sorted {
            sum += weight
            if sum >= share * all - 1e-9 { return value }
        }
        return sorted[sorted.count - 1].0
    }

    @Test("A quantile is the smallest value that was not exceeded for that share of the time: one that stood longer counts more")
    func weights() {
        var sketch = ValueSketch()
        for (value, weight) in [(5.0, 1.0), (1, 6), (3, 2), (9, 1)] { sketch.add(value, weight: weight) }
        #expect(sketch.quantiles([0, 0.5, 0.6, 0.61, 0.8, 0.9, 0.91, 1]) == [1, 1, 1, 3, 3, 5, 9, 9])
        #expect(sketch.mean == 2.6 && sketch.lowest == 1 && sketch.highest == 9 && sketch.isExact)
    }

    @Test(
        "Few values have exact quantiles; of many they are within one percent, the highest and the mean exact",
        arguments: [1, 2, 3] as [UInt64])
    func error(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        var sketch = ValueSketch()
        var all: [(Double, Double)] = []
        for count in 1...20_000 {
            let value = Double.random(in: -1000...1000, using: &random) * Double.random(in: 0...1_000_000, using: &random)
            let weight = Double(Int.random(in: 1...5, using: &random))
            sketch.add(value, weight: weight)
            all.append((value, weight))
            guard count == ValueSketch.exactLimit || count == 20_000 else { continue }
            for share in [0, 0.01, 0.25, 0.5, 0.95, 0.99, 1] {
                let (found, expected) = (try #require(sketch.quantile(share)), Self.exact(all, share))
                let tolerance = count == ValueSketch.exactLimit ? 0 : expected.magnitude * 1.0001 * ValueSketch.relativeError
                #expect((found - expected).magnitude <= tolerance, "\(share) of \(count)")
            }
        }
        #expect(!sketch.isExact && sketch.highest == all.map(\.0).max())
    }

    @Test(
        "Two distributions that are joined are that of all their values, whatever form they have",
        arguments: [(10, 10), (10, 5000), (5000, 10), (5000, 5000)])
    func joined(counts: (Int, Int)) throws {
        var random = SeededRandom(state: 7)
        var (left, right, all) = (ValueSketch(), ValueSketch(), ValueSketch())
        for place in 0..<counts.0 + counts.1 {
            let value = Double.random(in: 0...100, using: &random)
            if place < counts.0 { left.add(value, weight: 3) } else { right.add(value) }
            all.add(value, weight: place < counts.0 ? 3 : 2)
        }
        left.add(right, factor: 2)
        for share in [0.1, 0.5, 0.9, 1] {
            let (found, expected) = (try #require(left.quantile(share)), try #require(all.quantile(share)))
            #expect((found - expected).magnitude <= expected * 0.03)
        }
        #expect(((left.mean ?? 0) - (all.mean ?? 0)).magnitude < 1e-9 && left.weight == all.weight)
    }

    @Test("What is no number is left out, and nothing has no quantile")
    func nothing() {
        var sketch = ValueSketch()
        for value in [Double.nan, .infinity, -.infinity, 1e300] { sketch.add(value) }
        sketch.add(1, weight: 0)
        #expect(sketch.quantile(0.5) == nil && sketch.mean == nil && sketch.distribution().isEmpty)
    }

    @Test("Numbers as large or as small as can be don't take memory without bound")
    func extremes() {
        var sketch = ValueSketch()
        for place in 0..<2000 { sketch.add(place % 2 == 0 ? 1e90 + Double(place) * 1e80 : 1e-300 * Double(place)) }
        #expect((sketch.quantile(0.25) ?? 1) < 1e-9 && sketch.quantile(1) == sketch.highest)
        #expect(sketch.distribution().count < 10)
    }
}
