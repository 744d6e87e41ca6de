/// How long to wait before the next try: twice as long each time up to a bound. A part of each wait is random, so that after an outage the
/// agents of a fleet don't all reconnect at one instant.
package struct Backoff {
    private let first: Duration
    private let longest: Duration
    private var bound: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
        bound = first
    }

    /// - Parameter chance: from 0 to 1. The wait is half the bound, plus this share of the other half.
    package mutating func next(chance: Double = .random(in: 0...1)) -> Duration {
        defer { bound = min(bound * 2, longest) }
        return bound / 2 + bound / 2 * chance
    }

    package mutating func reset() { bound = first }
}
