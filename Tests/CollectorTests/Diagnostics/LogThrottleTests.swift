import Testing

@testable import Collector

@Suite("Lines that strangers cause in the log") struct LogThrottleTests {
    @Test("Each kind has a line a second, which says how many were held back")
    func perSecond() {
        let throttle = LogThrottle()
        #expect(throttle.admit("a", at: 0) == 0)
        for _ in 0..<9006 { #expect(throttle.admit("a", at: 999_999) == nil) }
        #expect(throttle.admit("b", at: 999_999) == 0)
        #expect(throttle.admit("a", at: 1_000_000) == 9006)
        #expect(throttle.admit("a", at: 2_000_000) == 0)
    }

    @Test("Ever new kinds share one line")
    func kinds() {
        let throttle = LogThrottle()
        let lines = (0..<10_000).count { throttle.admit("kind \($0)", at: 0) != nil }
        #expect(lines < 300)
    }
}
