/// How long to wait before the next try: twice as long each time up to a bound, of which a random part, so that a fleet that lost
/// its collector doesn't come back in one instant.
package struct Backoff {
    private let first: Duration
    private let longest: Duration
    private var bound: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
        bound = first
    }

    /// - Parameter chance: from 0 to 1; the wait is half the bound and that part of the other half.
    package mutating func next(chance: Double = .random(in: 0...1)) -> Duration {
        defer { bound = min(bound * 2, longest) }
        return bound / 2 + bound / 2 * chance
    }

    package mutating func reset() { bound = first }
}
