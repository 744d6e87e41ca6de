import StatsCore

/// Rows of a source that came too late for their ticks. They are no gap, since the ticks are there: `gaps.csv` doesn't name them.
enum LateRows {
    /// Where it stands which ticks they are missing from.
    /// - Parameter counts: of each node, in how many ticks the rows of a source are missing.
    /// - Returns: `nil` where none are.
    static func note(_ counts: some Sequence<[String: UInt64]?>) -> String? {
        let sources = Set(counts.flatMap { ($0 ?? [:]).filter { $0.value > 0 }.keys }).sorted()
        guard !sources.isEmpty else { return nil }
        let columns = sources.map { "\($0)_late" }.joined(separator: " or ")
        return "Ticks from which rows are missing are no gaps: they are those of \(RunFiles.table(.agent)) with \(columns) = 1."
    }
}
