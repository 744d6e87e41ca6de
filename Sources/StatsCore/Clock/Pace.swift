/// How often something may happen: a number of times at once, and then at a steady rate (a token bucket). Pure.
package struct Pace: Sendable, Equatable {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var last: Int64?

    package init(burst: Int, perSecond: Double) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        left = self.burst
    }

    /// Notes that it happens.
    /// - Parameter now: microseconds of a clock that nobody sets.
    /// - Returns: `nil` when it may; else how long (µs) it would have to wait. It then doesn't count: ask again behind the wait.
    package mutating func take(at now: Int64) -> Int64? {
        if let last, now > last { left = min(burst, left + Double(now - last) / 1e6 * perSecond) }
        last = now
        guard left < 1 else {
            left -= 1
            return nil
        }
        return max(Int64(((1 - left) / perSecond * 1e6).rounded(.up)), 1)
    }
}
