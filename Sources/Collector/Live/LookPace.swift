import StatsCore

/// How soon everything is looked at again while nobody follows: so late that looking takes about a hundredth of a core at most.
struct LookPace: Sendable {
    /// The time from the end of a look to the next one, in lengths of that look.
    private static let share: Int64 = 100
    /// However long a look takes, the next one comes after that time (µs).
    private static let longest: Int64 = 60_000_000

    private var next = Int64.min

    /// - Parameter now: on the steady clock, like all times here.
    func isDue(at now: Int64) -> Bool { now >= next }

    mutating func looked(from begin: Int64, to end: Int64) {
        next = end + min(max(end - begin, 0).saturatingMultiplied(by: Self.share), Self.longest)
    }
}
