import StatsCore

/// An admitted agent's place in a lane: what has to be known of it for each of its frames.
struct LaneSeat: Sendable {
    let session: UInt64
    let agent: String
    let node: String
    let columns: ColumnMap
    /// The last frame that was taken.
    var accepted: UInt64
    /// Of its node's ticks; `nil` while the node takes no part in the run.
    var account: RunLedger.Account?
    /// Whether the run has no room for its node.
    var isTurnedAway = false
    /// Frames were refused while the disk was full; they have to be asked for again.
    var needsRewind = false
    /// Whether its node's account has changed since the recorder took it over.
    var hasDelivered = false
    /// Whether the lane's list of those that have moved has it.
    var hasMoved = false
}

/// What lanes have to know of the run in progress.
struct LaneRun: Sendable {
    let id: String
    /// With the run's grid, and its end as soon as that is known.
    var life: RunLife
    /// By table: how many columns its file has behind those that all files begin with; `nil` for a table that the run doesn't have.
    let columnCounts: [Int?]

    /// How an agent's rows go into a table's file: as many of its columns as the file has.
    func target(_ table: TableID, of columns: ColumnMap) -> ColumnMap.Target? {
        guard let target = columns[table], let count = columnCounts[table.rawValue] else { return nil }
        return count < target.columns.count ? target.prefix(count) : target
    }
}
