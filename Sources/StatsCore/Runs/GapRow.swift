/// A row of gaps.csv: ticks of one node that are missing from a run.
package struct GapRow: Sendable, Equatable {
    /// Of its first tick.
    package let time: String
    package let node: String
    package let from: UInt64
    package let to: UInt64
    /// How many ticks are missing: what stands in the row.
    package let ticks: UInt64
    /// One of `GapReason` or `notRecorded`, unless somebody else wrote the row.
    package let reason: String

    /// The reason of ticks of a merged run at which no part of it recorded the node: nothing is lost there.
    package static let notRecorded = "not_recorded"

    /// The file's columns.
    package static let columns = [
        RunFiles.leading[0], RunFiles.leading[2],
        Column(name: "from_tick", unit: "count", kind: .identity, type: .integer, source: "Sonde", meaning: "First tick that is missing"),
        Column(name: "to_tick", unit: "count", kind: .identity, type: .integer, source: "Sonde", meaning: "Last tick that is missing"),
        Column(name: "ticks", unit: "count", kind: .gauge, type: .integer, source: "Sonde", meaning: "How many that are"),
        Column(
            name: "reason", unit: "", kind: .identity, type: .text, source: "Sonde",
            meaning:
                "overrun: the agent was busy or not scheduled; spool_full: it could not keep more; away: it was not there; "
                + "elsewhere: another collector of the run got them; not_recorded: no part of a merged run recorded it, so that nothing is lost"
        ),
    ]

    /// - Returns: `nil` when fields are absent, or ticks are no numbers.
    package init?(_ fields: [String]) {
        guard fields.count >= Self.columns.count, let from = UInt64(fields[2]), let to = UInt64(fields[3]), let ticks = UInt64(fields[4])
        else { return nil }
        (time, node, self.from, self.to, self.ticks, reason) = (fields[0], fields[1], from, to, ticks, fields[5])
    }
}

extension ByteWriter {
    /// Appends a hole as a row of gaps.csv.
    package mutating func append(_ hole: RunLedger.Hole, _ grid: Grid) {
        Timestamp.append(grid.instant(of: hole.from), to: &self)
        append(CSVDialect.separator)
        append(csvField: hole.node)
        for number in [hole.from, hole.to, hole.ticks] {
            append(CSVDialect.separator)
            append(decimal: number)
        }
        append(CSVDialect.separator)
        append(csvField: hole.reason.rawValue)
        append(CSVDialect.lineEnd)
    }
}
