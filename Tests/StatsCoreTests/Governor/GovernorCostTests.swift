import Foundation
import Testing

@testable import StatsCore

@Suite("What a decision costs", .serialized) struct GovernorCostTests {
    /// The CPU time that a round over `count` containers takes, in seconds: the least of some. What others do on the machine is no part of it.
    private func cost(_ count: Int) throws -> Double {
        var host = try TestHost(
            """
            {mode: enforce, window: 30s, period: 1s, grace: 0, groups: [{name: a, match: {image: "heavy-*"}, keep: 2, action: stop}, \
            {name: b, match: {label: tier=web-*, cpu: ">20%"}, keep: 3, action: stop}, {name: c, match: {rank: top 5 by memory}, keep: 5, action: stop}]}
            """)
        for number in 0..<count {
            host.add(
                "c\(number)", image: number % 2 == 0 ? "heavy-1" : "light", memory: Double(number), labels: ["tier": "web-1", "other": "x"])
        }
        _ = host.run(seconds: 35)
        var best = Double.infinity
        for _ in 0..<20 {
            let before = Self.cpuTime()
            _ = host.run(seconds: 1)
            best = min(best, Self.cpuTime() - before)
        }
        return best
    }

    /// Of this thread, in seconds.
    private static func cpuTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("What a container costs doesn't grow with their number")
    func proportional() throws {
        let (few, many) = try (cost(100), cost(1000))
        print("figure: governor, a round over 100 containers: \(few * 1e6) µs; over 1000: \(many * 1e6) µs")
        // Sorting costs slightly more than in proportion; a quadratic cost would be ten times as much.
        #expect(many / 1000 < few / 100 * 6)
    }
}
