import Testing

@testable import StatsCore

@Suite("Waits between tries") struct BackoffTests {
    @Test("They double up to a bound and never come close to nothing")
    func backoff() {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
        let waits = (0..<8).map { backoff.next(chance: $0 < 7 ? 0 : 1) }
        backoff.reset()
        let first = backoff.next(chance: 0)
        #expect(waits[..<2] == [.milliseconds(250), .milliseconds(500)])
        #expect(waits[7] == .seconds(15))
        #expect(first == .milliseconds(250))
    }
}
