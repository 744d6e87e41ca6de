/// Which ticks of which node are in the run, and which are missing and why. Pure: it returns missing ticks as rows for
/// gaps.csv.
package struct RunLedger: Sendable, Equatable {
    /// One node's ticks: `present`, `missing` and `notRecorded` together count all ticks below `nextTick`.
    package struct Account: Codable, Sendable, Equatable {
        package var nextTick: UInt64 = 0
        package var present: UInt64 = 0
        /// By reason; without an entry for a reason that has no tick.
        package var missing: [String: UInt64] = [:]
        /// By source: in how many of the present ticks its rows are missing, since it wasn't done in time. Absent when there is no such tick.
        package var incompleteRows: [String: UInt64]?
        /// Ticks of a merged run at which no part of it recorded the node, so that none is missing. Absent when there is no such tick.
        package var notRecorded: UInt64?
        /// Whether the node's ticks go to another collector since the last one that is accounted for. Absent when they don't.
        package var isElsewhere: Bool?

        package enum CodingKeys: String, CodingKey {
            case present, missing
            case nextTick = "next_tick"
            case incompleteRows = "incomplete_rows"
            case notRecorded = "not_recorded"
            case isElsewhere = "elsewhere"
        }

        package init(
            nextTick: UInt64 = 0, present: UInt64 = 0, missing: [String: UInt64] = [:], incompleteRows: [String: UInt64]? = nil,
            notRecorded: UInt64? = nil
        ) {
            self.nextTick = nextTick
            self.present = present
            self.missing = missing
            self.incompleteRows = incompleteRows
            self.notRecorded = notRecorded
        }

        /// The same of a run that is over: run.json counts ticks only.
        package var closed: Account {
            var account = self
            account.isElsewhere = nil
            return account
        }

        /// How many ticks the node was to have.
        package var expected: UInt64 { nextTick.saturatingSubtracting(notRecorded ?? 0) }

        package var missingTotal: UInt64 { missing.values.reduce(0) { $0.saturatingAdding($1) } }

        /// Whether each tick is there with all its rows.
        package var isWhole: Bool { missingTotal == 0 && incompleteRows == nil }

        /// How many sources' names are kept; whoever sends ever new ones has the others counted together.
        private static let sourceLimit = 32

        /// Records a tick, which must not be accounted for yet. Ticks that were skipped without a `gap` frame are missing with reason `away`, or `elsewhere` when
        /// the agent has said so of the tick before.
        /// - Parameters:
        ///   - node: whose account this is.
        ///   - late: sources whose rows are missing from the tick.
        /// - Returns: the ticks that were skipped.
        package mutating func present(_ tick: UInt64, of node: String, late: [String] = []) -> Hole? {
            let hole = miss(upTo: tick, of: node)
            isElsewhere = nil
            present = present.saturatingAdding(1)
            nextTick = tick.saturatingAdding(1)
            for source in late { noteLate(source) }
            return hole
        }

        /// Records a `gap` frame, without the ticks that are accounted for already.
        package mutating func missing(_ gap: Gap, of node: String) -> [Hole] {
            let jumped = gap.from > 0 ? miss(upTo: gap.from, of: node) : nil
            let named = miss(upTo: gap.to.saturatingAdding(1), of: node, gap.reason)
            if named != nil { isElsewhere = gap.reason == .elsewhere ? true : nil }
            return [jumped, named].compactMap(\.self)
        }

        /// Records the ticks below `end` that aren't accounted for yet as missing.
        /// - Parameter named: why; `nil` when nobody has said so.
        fileprivate mutating func miss(upTo end: UInt64, of node: String, _ named: GapReason? = nil) -> Hole? {
            guard nextTick < end else { return nil }
            let reason = named ?? (isElsewhere == true ? .elsewhere : .away)
            let hole = Hole(node: node, from: nextTick, to: end - 1, reason: reason)
            missing[reason.rawValue] = missing[reason.rawValue, default: 0].saturatingAdding(hole.ticks)
            nextTick = end
            return hole
        }

        private mutating func noteLate(_ source: String) {
            var rows = incompleteRows ?? [:]
            let name = rows[source] != nil || rows.count < Self.sourceLimit ? source : "other"
            rows[name] = rows[name, default: 0].saturatingAdding(1)
            incompleteRows = rows
        }
    }

    /// Ticks `from` … `to` of a node that are missing.
    package struct Hole: Sendable, Equatable {
        package let node: String
        package let from: UInt64
        package let to: UInt64
        package let reason: GapReason

        package init(node: String, from: UInt64, to: UInt64, reason: GapReason) {
            self.node = node
            self.from = from
            self.to = to
            self.reason = reason
        }

        package var ticks: UInt64 { to.saturatingSubtracting(from).saturatingAdding(1) }
    }

    package private(set) var accounts: [String: Account]

    package init(accounts: [String: Account] = [:]) { self.accounts = accounts }

    /// Adds a node to the run; all its ticks from 0 on are expected.
    package mutating func join(_ node: String) {
        if accounts[node] == nil { accounts[node] = Account() }
    }

    /// Missing ticks of all nodes, by reason.
    package var missing: [String: UInt64] {
        accounts.values.reduce(into: [:]) { $0.addCounts(of: $1.missing) }
    }

    /// The highest tick that is accounted for on any node.
    package var highestTick: UInt64? { accounts.values.map(\.nextTick).max().flatMap { $0 > 0 ? $0 - 1 : nil } }

    /// Whether the node has accounted for this tick before.
    package func isDuplicate(_ tick: UInt64, of node: String) -> Bool { tick < accounts[node]?.nextTick ?? 0 }

    /// Takes over what is known of a node's ticks by now.
    package mutating func take(_ account: Account, of node: String) { accounts[node] = account }

    /// Records a tick of a node, as its account does.
    package mutating func present(_ tick: UInt64, of node: String, late: [String] = []) -> Hole? {
        accounts[node, default: Account()].present(tick, of: node, late: late)
    }

    /// Records a `gap` frame of a node, as its account does.
    package mutating func missing(_ gap: Gap, of node: String) -> [Hole] { accounts[node, default: Account()].missing(gap, of: node) }

    /// Records the ticks of every node that are still missing when the run is closed.
    /// - Parameter expected: how many ticks the run had.
    package mutating func close(expected: UInt64) -> [Hole] {
        accounts.keys.sorted().compactMap { accounts[$0]?.miss(upTo: expected, of: $0) }
    }
}
