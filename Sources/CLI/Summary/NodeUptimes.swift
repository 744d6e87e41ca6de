import StatsCore

/// How long each node had been up at the run's first tick, in microseconds. What began later, began within the run: its counters began at zero then.
struct NodeUptimes: Sendable {
    private var atBegin: [String: Int64] = [:]

    /// Looks at the first row of each node in table host, and no further.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    init(_ run: borrowing RunOnDisk) throws {
        guard var rows = try run.cursor(of: "host", ["tick", "node", "uptime_us"]) else { return }
        var missing = Set(run.claims.nodes)
        while !missing.isEmpty, try rows.advance() {
            guard let tick = rows.row.count("tick"), tick <= run.lastTick, let uptime = rows.row.count("uptime_us") else { continue }
            let node = rows.row.text("node") ?? ""
            guard missing.remove(node) != nil else { continue }
            atBegin[node] = Int64(clamping: uptime) &- Int64(clamping: tick).saturatingMultiplied(by: run.claims.grid.interval)
        }
    }

    /// When something began, in microseconds since the run's first tick.
    /// - Parameter start: in microseconds since the node's boot.
    func instant(of start: UInt64, on node: String) -> Int64? { atBegin[node].map { Int64(clamping: start).saturatingSubtracting($0) } }
}
