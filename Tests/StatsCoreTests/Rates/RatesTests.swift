import Testing

@testable import StatsCore

@Suite("Rates of counters") struct RatesTests {
    private static let second = Rates(microseconds: 1_000_000)

    @Test("A rate is growth over the time that really passed")
    func growth() {
        #expect(Rates(microseconds: 500_000).perSecond(from: 100, to: 150) == 100)
        #expect(Rates(nanosecondsFrom: 1_000_000_000, to: 3_000_000_000).percent(from: 0, to: 1_000_000) == 50)
        #expect(Self.second.perSecond(from: .max - 1, to: .max) == 1)
        #expect(Self.second.perSecond(-3) == -3, "what is no counter may fall")
    }

    @Test("An absent reading, and a counter that began again, make no rate, and not 0")
    func absent() {
        #expect(Self.second.perSecond(from: nil, to: 5) == nil && Self.second.perSecond(from: 5, to: nil) == nil)
        #expect(Self.second.perSecond(from: 9, to: 5) == nil && Self.second.percent(from: 9, to: 5) == nil)
        #expect(
            Rates.growth(from: .nan, to: 1.0) == nil && Rates.growth(from: 1.0, to: .nan) == nil && Rates.growth(from: 2.0, to: 1.0) == nil)
        #expect(Self.second.perSecond(.infinity) == nil)
        #expect(Rates.growthOverRestarts(from: 9, to: 5) == 5, "in a total, what came behind the new beginning counts")
    }

    @Test("Time that did not pass, or went backwards, makes no rate", arguments: [0, -1, Int64.min])
    func still(microseconds: Int64) {
        let rates = Rates(microseconds: microseconds)
        #expect(rates.isEmpty && rates.perSecond(from: 1, to: 2) == nil && rates.percent(from: 1, to: 2) == nil)
        #expect(Rates(nanosecondsFrom: 7, to: 7).isEmpty && Rates(nanosecondsFrom: 8, to: 7).isEmpty)
    }

    @Test("A part's share of what did not grow is nothing; of what isn't known it is not known")
    func share() {
        #expect(Rates.share(1, of: 4) == 25 && Rates.share(0, of: 0) == 0)
        #expect(Rates.share(nil, of: 4) == nil && Rates.share(1, of: nil) == nil)
    }
}
