import Testing

@testable import StatsCore

@Suite("A pace") struct PaceTests {
    @Test("So many at once, then at a steady rate; what has to wait doesn't count")
    func bucket() {
        var pace = Pace(burst: 3, perSecond: 2)
        #expect((0..<3).allSatisfy { _ in pace.take(at: 1_000_000) == nil })
        #expect(pace.take(at: 1_000_000) == 500_000)
        #expect(pace.take(at: 1_250_000) == 250_000)
        #expect(pace.take(at: 1_500_000) == nil)
        #expect(pace.take(at: 1_500_000) == 500_000)
        #expect((0..<3).allSatisfy { _ in pace.take(at: 100_000_000) == nil } && pace.take(at: 100_000_000) != nil)
    }

    @Test("A clock that goes back gives nothing and takes nothing")
    func back() {
        var pace = Pace(burst: 1, perSecond: 1)
        #expect(pace.take(at: 5_000_000) == nil)
        #expect(pace.take(at: 1_000_000) == 1_000_000)
        #expect(pace.take(at: 2_000_000) == nil)
    }
}
