/// How long to wait before the engine is tried again: twice as long each time up to a limit, of which a random part, so that many
/// agents don't come back at the same instant.
struct EngineBackoff {
    static let first = Duration.milliseconds(500)
    static let last = Duration.seconds(15)

    private var bound = first

    /// - Parameter chance: from 0 to 1; the wait is that part of the upper half of the bound.
    mutating func next(chance: Double = .random(in: 0...1)) -> Duration {
        defer { bound = min(bound * 2, Self.last) }
        return bound / 2 + bound / 2 * chance
    }

    mutating func reset() { bound = Self.first }
}
