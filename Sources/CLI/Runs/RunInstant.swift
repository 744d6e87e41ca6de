import FoundationEssentials
import StatsCore

/// An instant that a user names: what has passed since the run's begin (`90s`, `5m`), or a time (`2026-11-21T08:00:00Z`).
enum RunInstant {
    /// - Returns: microseconds since 1970; `nil` for anything else.
    static func read(_ text: String, since t0: Int64) -> Int64? {
        if text == "0" || text == "0s" { return t0 }
        if let passed = Interval(text) { return t0 + passed.microseconds }
        return microseconds(text)
    }

    /// Reads RFC 3339, with or without a fraction of a second.
    static func microseconds(_ text: String) -> Int64? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        guard let date = try? style.parse(text), date.timeIntervalSince1970.magnitude < 8e9 else { return nil }
        return Int64((date.timeIntervalSince1970 * 1e6).rounded())
    }
}
