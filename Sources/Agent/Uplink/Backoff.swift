/// How long to wait before the next try: doubled each time up to a bound, and spread at random so that a fleet that lost its
/// collector doesn't come back in one instant.
struct Backoff {
    private let first: Duration
    private let longest: Duration
    private var current: Duration

    init(first: Duration = .milliseconds(100), longest: Duration = .seconds(3)) {
        self.first = first
        self.longest = longest
        current = first
    }

    mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        defer { current = min(current * 2, longest) }
        return current * Double.random(in: 0.5...1, using: &random)
    }

    mutating func reset() { current = first }
}
