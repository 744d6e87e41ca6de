import StatsCore

/// An instant that a user names: what has passed since the run's begin (`90s`, `5m`), or a time (`2026-11-21T08:00:00Z`).
enum RunInstant {
    /// - Returns: microseconds since 1970; `nil` for anything else.
    static func read(_ text: String, since t0: Int64) -> Int64? {
        if text == "0" || text == "0s" { return t0 }
        if let passed = Interval(text) { return t0 + passed.microseconds }
        return Timestamp.nanoseconds(text).map { $0 / 1000 }
    }
}
