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
    /// How many ticks of the grid no part of a merged run recorded, which `expected` doesn't count; absent when there is none.
    let notRecorded: UInt64?
    /// As run.json says: how much the node's clock may have been off the grid.
    let clockErrorUs: Int64?

    enum CodingKeys: String, CodingKey {
        case node, expected, present, missing, unexplained
        case incompleteRows = "incomplete_rows"
        case clockErrorUs = "clock_error_us"
        case notRecorded = "not_recorded"
    }

    var incompleteTotal: UInt64 { (incompleteRows ?? [:]).values.reduce(0) { $0.saturatingAdding($1) } }

    var account: RunLedger.Account {
        RunLedger.Account(
            nextTick: expected + (notRecorded ?? 0), present: present, missing: missing, incompleteRows: incompleteRows,
            notRecorded: notRecorded)
    }

    /// Each tick is either in a gap or has rows. Of a node that fills no table nothing but gaps.csv says what is there.
    /// - Parameters:
    ///   - ticks: how many the grid has.
    ///   - notRecorded: those that no part of a merged run recorded.
    init(
        node: String, ticks: UInt64, seen: TickSet, gaps: TickSet, notRecorded: TickSet, reasons: [String: UInt64],
        incompleteRows: [String: UInt64]?, clockErrorUs: Int64?, _ faults: inout RunFaults
    ) {
        self.node = node
        expected = ticks - notRecorded.count
        self.notRecorded = notRecorded.isEmpty ? nil : notRecorded.count
        self.clockErrorUs = clockErrorUs
        missing = reasons
        self.incompleteRows = incompleteRows
        guard !seen.isEmpty else {
            present = expected - min(expected, gaps.count)
            unexplained = 0
            return
        }
        present = seen.count
        let open = TickSet(0..<ticks).subtracting(seen).subtracting(gaps).subtracting(notRecorded)
        unexplained = open.count
        if !open.isEmpty {
            faults.note(
                .unexplained, node: node,
                "\(HumanUnits.count(open.count, "tick")) neither in the files nor in \(RunFiles.gaps): \(open.text)")
        }
        var named = gaps
        named.formUnion(notRecorded)
        let both = seen.intersection(named)
        if !both.isEmpty {
            faults.note(
                .contradiction, node: node,
                "\(HumanUnits.count(both.count, "tick")) both in the files and in \(RunFiles.gaps): \(both.text)")
        }
    }
}
