import StatsCore

/// Decides which runs are to be removed so that the others keep within a limit. It knows no clock and touches no disk.
struct Retention: Sendable, Equatable {
    var limit: KeepLimit
    /// Whether incomplete runs may go, too.
    var takesIncomplete = false

    struct Removal: Equatable {
        /// Of the run in the list.
        let index: Int
        /// For log and event.
        let reason: String
    }

    /// Whether a run may be removed at all: one that is over, and that nobody wants to be kept.
    func mayRemove(_ run: RunListing) -> Bool {
        guard run.isPinned != true else { return false }
        return run.state == .complete || run.state == .incomplete && takesIncomplete
    }

    /// What has to go, the oldest first: what is too old, and then as many as it takes to keep within the size. The newest run that is over stays whatever its
    /// size, as it would else be gone as soon as it is recorded.
    ///
    /// - Parameters:
    ///   - runs: all runs.
    ///   - now: on the clock of the runs' times (µs since 1970).
    func due(_ runs: [RunListing], at now: Int64) -> [Removal] {
        let oldest = runs.indices.sorted { (runs[$0].t0Us, runs[$0].name) < (runs[$1].t0Us, runs[$1].name) }
        let newest = oldest.last { !runs[$0].state.isActive }
        var left = runs.reduce(UInt64(0)) { $0.saturatingAdding($1.diskBytes ?? 0) }
        var removals: [Removal] = []
        for index in oldest where mayRemove(runs[index]) {
            let run = runs[index]
            let isOld = limit.age.map { now.saturatingSubtracting(Self.end(of: run)) > $0 } ?? false
            let isBeyond = limit.bytes.map { left > $0 } ?? false
            guard isOld || isBeyond && index != newest else { continue }
            removals.append(Removal(index: index, reason: isOld ? Self.reason(age: limit) : Self.reason(bytes: limit)))
            left -= min(left, run.diskBytes ?? 0)
        }
        return removals
    }

    /// By how many bytes the runs that stay are more than the limit; `nil` when they aren't.
    func excess(_ runs: [RunListing], without removals: [Removal]) -> UInt64? {
        guard let limit = limit.bytes else { return nil }
        let gone = Set(removals.map(\.index))
        let left = runs.indices.reduce(UInt64(0)) { gone.contains($1) ? $0 : $0.saturatingAdding(runs[$1].diskBytes ?? 0) }
        return left > limit ? left - limit : nil
    }

    private static func reason(age limit: KeepLimit) -> String { "older than --keep \(KeepLimit(age: limit.age))" }
    private static func reason(bytes limit: KeepLimit) -> String {
        "all runs together had more than --keep \(KeepLimit(bytes: limit.bytes))"
    }

    /// When a run was over; where it doesn't say so, when it began.
    private static func end(of run: RunListing) -> Int64 {
        run.ended.flatMap { Timestamp.nanoseconds($0) }.map { $0 / 1000 } ?? run.t0Us
    }
}
