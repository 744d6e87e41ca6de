import Testing

@testable import CLI

@Suite("Intervals and effect sizes") struct BootstrapTests {
    private static let a = [31.0, 32.5, 30.2, 33.1, 29.8, 31.7]
    private static let b = [34.0, 35.5, 33.2, 36.1, 34.8]

    @Test("SplitMix64 gives the published numbers, so that a seed means the same everywhere")
    func numbers() {
        var random = SplitMix64(seed: 1_234_567)
        #expect((0..<3).map { _ in random.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test("The same seed gives the same interval, another one nearly the same, and both hold the difference")
    func seeds() throws {
        let (first, again, other) = (
            try #require(Bootstrap(seed: 1).intervals(Self.a, Self.b)), Bootstrap(seed: 1).intervals(Self.a, Self.b),
            try #require(Bootstrap(seed: 2).intervals(Self.a, Self.b))
        )
        #expect(first == again && first != other)
        let difference = 34.72 - 188.3 / 6
        #expect(first.difference.contains(difference) && other.difference.contains(difference))
        #expect((first.difference.lowerBound - other.difference.lowerBound).magnitude < 0.1)
        let ratio = try #require(first.ratio)
        #expect(ratio.lowerBound > 0.05 && ratio.upperBound < 0.16)
    }

    @Test("Where repetitions were recorded in turn, pairing them takes out what both have in common")
    func paired() throws {
        let drift = [0.0, 10, 20, 30, 40, 50]
        let shifted = drift.enumerated().map { $1 + 1 + 0.01 * Double($0 % 2) }
        let alone = try #require(Bootstrap(seed: 1).intervals(drift, shifted))
        let pairs = try #require(Bootstrap(seed: 1).intervals(drift, shifted, isPaired: true))
        #expect(alone.difference.contains(0))
        #expect(pairs.difference.lowerBound >= 1 - 1e-9 && pairs.difference.upperBound < 1.02)
    }

    @Test("Less than five repetitions have no interval, and what is zero no ratio")
    func few() throws {
        #expect(Bootstrap(seed: 1).intervals([1, 2, 3, 4], Self.b) == nil)
        #expect(Bootstrap(seed: 1).intervals(Self.b, []) == nil)
        let zero = try #require(Bootstrap(seed: 1).intervals([0, 0, 0, 0, 0], [1, 2, 3, 4, 5]))
        #expect(zero.ratio == nil && zero.difference.lowerBound > 0)
    }

    @Test("Cliff's delta counts the pairs; Hedges' g is the difference in pooled standard deviations, corrected for few values")
    func effects() throws {
        #expect(EffectSize.cliffsDelta([1, 2, 3], [2, 3, 4]) == 5.0 / 9)
        #expect(EffectSize.cliffsDelta(Self.a, Self.b) == 1 && EffectSize.cliffsDelta([1, 1], [1]) == 0)
        #expect(EffectSize.cliffsDelta([], [1]) == nil)
        let g = try #require(EffectSize.hedgesG(Self.a, Self.b))
        #expect((g - 2.471830373232831).magnitude < 1e-12)
        #expect(EffectSize.hedgesG([1, 1], [2, 2]) == nil && EffectSize.hedgesG([1], [2, 3]) == nil)
        #expect([0.1, -0.2, 0.4, -1].map { EffectSize.word(cliffsDelta: $0) } == ["negligible", "small", "medium", "large"])
    }
}
