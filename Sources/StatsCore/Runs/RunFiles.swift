/// The names of the files in a run's directory.
package enum RunFiles {
    package static let gaps = "gaps.csv"
    package static let columns = "columns.csv"
    package static let manifest = "run.json"
    package static let commitLog = ".commit"

    package static func table(_ id: TableID) -> String { id.name + ".csv" }

    /// What can be downloaded, in the order in which the manifest names it.
    package static let published = TableID.allCases.map(table) + [gaps, columns, manifest]
    package static let all = published + [commitLog, commitLog + ".new", manifest + ".new"]

    /// The header of columns.csv.
    package static let dictionaryHeader = ["table", "column", "unit", "kind", "source", "meaning"]

    package static let gapColumns: [Column] = [
        Column(name: "from_tick", unit: "count", kind: .identity, type: .integer, source: "Sonde", meaning: "First tick that is missing"),
        Column(name: "to_tick", unit: "count", kind: .identity, type: .integer, source: "Sonde", meaning: "Last tick that is missing"),
        Column(name: "ticks", unit: "count", kind: .gauge, type: .integer, source: "Sonde", meaning: "How many that are"),
        Column(
            name: "reason", unit: "", kind: .identity, type: .text, source: "Sonde",
            meaning: "overrun: the agent was busy or not scheduled; spool_full: it could not keep more; away: it was not there"),
    ]

    /// The columns that lead every row of a table.
    package static let leading: [Column] = [
        Column(
            name: "time", unit: "UTC, RFC 3339", kind: .identity, type: .text, source: "grid",
            meaning: "Instant of the tick on the collector's clock: t0 + tick × interval"),
        Column(
            name: "tick", unit: "count", kind: .identity, type: .integer, source: "grid",
            meaning: "Number of the tick, from 0; rows of one tick join on it"),
        Column(
            name: "node", unit: "", kind: .identity, type: .text, source: "--node",
            meaning: "Host that the row is from; empty for the collector's own events"),
    ]
}
