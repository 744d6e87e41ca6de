import TestSupport
import Testing

@testable import Collector

@Suite("Shares of a limit") struct WaterLevelTests {
    @Test("Everybody gets what they want as long as it fits; beyond that the largest lose first, and nothing is left lying")
    func shares() {
        #expect(WaterLevel.of([], limit: 0) == .max && WaterLevel.of([3, 4], limit: 7) == .max)
        #expect(WaterLevel.of([1, 100, 5], limit: 20) == 14)
        var random = SeededRandom(state: 1)
        for _ in 0..<2000 {
            let demands = (0..<Int(random.next() % 20) + 1).map { _ in Int(random.next() % 1000) }
            let limit = Int(random.next() % 5000)
            let level = WaterLevel.of(demands, limit: limit)
            func given(_ level: Int) -> Int { demands.reduce(0) { $0 + min($1, level) } }
            #expect(given(level) <= limit, "\(demands) of \(limit)")
            if level != .max { #expect(given(level + 1) > limit, "\(demands) of \(limit)") }
        }
    }
}
