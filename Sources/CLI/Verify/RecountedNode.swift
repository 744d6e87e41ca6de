import StatsCore

/// One node's ticks, counted again from the rows and from gaps.csv.
struct RecountedNode: Encodable, Equatable {
    let node: String
    let expected: UInt64
    let present: UInt64
    /// By reason, as gaps.csv says.
    let missing: [String: UInt64]
    /// By source: in how many of the present ticks its rows are missing, as agent.csv says; absent when there is no such tick.
    let incompleteRows: [String: UInt64]?
    /// How many ticks are neither in the files nor in gaps.csv.
    let unexplained: UInt64
    /// As run.json says: how much the node's clock may have been off the grid.
    let clockErrorUs: Int64?

    enum CodingKeys: String, CodingKey {
        case node, expected, present, missing, unexplained
        case incompleteRows = "incomplete_rows"
        case clockErrorUs = "clock_error_us"
    }

    var incompleteTotal: UInt64 { (incompleteRows ?? [:]).values.reduce(0) { $0.saturatingAdding($1) } }

    var account: RunLedger.Account {
        RunLedger.Account(nextTick: expected, present: present, missing: missing, incompleteRows: incompleteRows)
    }

    /// Each tick is either in a gap or has rows. Of a node that fills no table nothing but gaps.csv says what is there.
    init(
        node: String, expected: UInt64, seen: TickSet, gaps: TickSet, reasons: [String: UInt64], incompleteRows: [String: UInt64]?,
        clockErrorUs: Int64?, _ faults: inout RunFaults
    ) {
        self.node = node
        self.expected = expected
        self.clockErrorUs = clockErrorUs
        missing = reasons
        self.incompleteRows = incompleteRows
        guard !seen.isEmpty else {
            present = expected - gaps.count
            unexplained = 0
            return
        }
        present = seen.count
        let open = TickSet(0..<expected).subtracting(seen).subtracting(gaps)
        unexplained = open.count
        if !open.isEmpty {
            faults.note(
                .unexplained, node: node,
                "\(HumanUnits.count(open.count, "tick")) neither in the files nor in \(RunFiles.gaps): \(open.text)")
        }
        let both = seen.intersection(gaps)
        if !both.isEmpty {
            faults.note(
                .contradiction, node: node,
                "\(HumanUnits.count(both.count, "tick")) both in the files and in \(RunFiles.gaps): \(both.text)")
        }
    }
}
