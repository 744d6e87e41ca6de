import StatsCore

/// A run that is to become a part of another one: what it says of itself, and where its ticks lie in the merged run.
final class MergeInput {
    let path: String
    let run: RunOnDisk
    /// Its last tick, by its own count.
    let lastTick: UInt64
    /// What is wrong with it; `nil` when nothing is.
    let damage: String?
    /// The tick of the merged run that its tick 0 is.
    private(set) var shift: UInt64 = 0
    /// How long behind the merged grid's instants its own lie, in µs; below zero when they come before.
    private(set) var offset: Int64 = 0
    /// How far its collector's clock was ahead of the first one's with which it recorded the run (µs), as was measured at the start; 0 where one collector recorded alone. All times in the merged
    /// run are by that first clock.
    let clockAhead: Int64
    /// Marks that another part of the same run has, too.
    var repeatedMarks: Set<SharedMark> = []
    /// How many of its rows were left out, as they can't be read.
    private(set) var leftOut: UInt64 = 0
    /// Files that can be read up to some row only.
    private(set) var cutFiles: [String] = []

    var manifest: RunManifest { run.manifest }
    /// By the clock of the merged run's times.
    var grid: Grid {
        let own = run.claims.grid
        return Grid(t0: own.t0.saturatingSubtracting(clockAhead), interval: own.interval, ticks: own.ticks)
    }
    var t0: Int64 { manifest.t0Us.saturatingSubtracting(clockAhead) }

    /// Checks a run by all of its files, and opens it.
    /// - Throws: `CommandFailure` for a run that is no part of anything.
    init(_ path: String, allowOpen: Bool, allowDamaged: Bool) throws {
        let report = try RunVerification.report(on: path)
        if report.state.isActive, !allowOpen {
            throw CommandFailure(
                code: "run_active",
                message:
                    "\(path) is not closed (\(report.state.rawValue)). \(RunOnDisk.howToClose(path))\nOr take what is durable of it with --allow-open."
            )
        }
        if report.result == .damaged, !allowDamaged {
            throw CommandFailure(
                code: "damaged",
                message:
                    "\(path) is \(report.verdict). Nothing was merged. `sonde verify` says what is wrong; --allow-damaged merges it all the same, and the merged run says so."
            )
        }
        self.path = path
        damage = report.result == .damaged ? report.verdict : nil
        run = try RunOnDisk(path)
        let group = run.manifest.group
        clockAhead = group?.fault == nil ? group?.own?.clockAheadUs ?? 0 : 0
        let claims = run.claims
        let accounted = claims.nodes.map(claims.expected(of:)).max() ?? 0
        guard accounted > 0 else {
            throw CommandFailure(code: "no_ticks", message: "\(path) has no tick: leave it out.")
        }
        lastTick = accounted - 1
    }

    /// Puts the run's ticks on a grid of the same interval that begins no later: at the same instants, or else numbered as the ticks before.
    ///
    /// Behind a run with the same nodes that has just ended they may have to be numbered as later ones, so that no tick has two rows. Between grids that differ one number is left
    /// free, as between the two ticks beside it there isn't an interval, which rates would take for granted.
    /// - Parameter earlier: the parts of those that are placed already, by the merged grid.
    func place(behind t0: Int64, _ earlier: [RunPart]) {
        let (behind, interval) = (self.t0 - t0, manifest.intervalUs)
        shift = UInt64(max(0, behind / interval))
        offset = behind % interval
        let grid = Grid(t0: t0, interval: interval)
        for own in ownParts ?? [whole(at: 0, offset: 0)] {
            let begin = self.grid.instant(of: own.firstTick).saturatingAdding(own.offsetUs ?? 0)
            let nodes = Set(own.nodes)
            for other in earlier {
                let end = grid.instant(of: other.lastTick).saturatingAdding(other.offsetUs ?? 0)
                guard end < begin, !nodes.isDisjoint(with: other.nodes) else { continue }
                let (otherOffset, ownOffset) = (other.offsetUs ?? 0, offset.saturatingAdding(own.offsetUs ?? 0))
                let next = other.lastTick.saturatingAdding(otherOffset == ownOffset ? 1 : 2)
                guard shift.saturatingAdding(own.firstTick) < next, otherOffset != 0 || ownOffset != 0 else { continue }
                shift = next - own.firstTick
                offset = behind - Int64(clamping: shift) * interval
            }
        }
    }

    /// Those that it was merged of, by its own count; `nil` when it was not, or damage has left no sense in them.
    private var ownParts: [RunPart]? {
        guard let parts = manifest.parts, !parts.isEmpty else { return nil }
        let isWhole = parts.allSatisfy { $0.ticks != nil && $0.lastTick <= lastTick } && parts.contains { $0.lastTick == lastTick }
        return damage == nil || isWhole ? parts : nil
    }

    /// The parts that it brings: itself, or those that it was merged of.
    var parts: [RunPart] {
        if let parts = ownParts {
            // Which parts it is in, nobody knows.
            let damage = parts.contains { $0.damage != nil } ? nil : damage
            return parts.map { part in
                var moved = part.moved(by: shift)
                let offset = (part.offsetUs ?? 0).saturatingAdding(offset)
                moved.offsetUs = offset == 0 ? nil : offset
                moved.damage = part.damage ?? damage
                return moved
            }
        }
        return [whole(at: shift, offset: offset)]
    }

    /// The run as one part.
    private func whole(at shift: UInt64, offset: Int64) -> RunPart {
        var part = RunPart(manifest, shift: shift, lastTick: lastTick, offsetUs: offset)
        part.nodes = run.claims.nodes
        part.damage = damage
        return part
    }

    /// Counts a row that can't be read.
    func leaveOutRow() { leftOut += 1 }

    /// Notes that a file can't be read any further.
    func cut(_ file: String) { cutFiles.append(file) }

    /// What of a damaged run isn't in the merged one, as clauses.
    var losses: String? {
        let rows = leftOut > 0 ? ["left out: \(HumanUnits.count(leftOut, "row")) that can't be read"] : []
        let losses = rows + cutFiles.map { "the rest of \($0) couldn't be read" }
        return losses.isEmpty ? nil : losses.joined(separator: "; ")
    }

    /// What is known of a node's ticks, all of the run's counted: those that a run which isn't closed doesn't tell of are away.
    func account(of node: String) -> (account: RunLedger.Account, hole: RunLedger.Hole?) {
        var account = run.claims.account(of: node) ?? RunLedger.Account()
        guard !run.claims.isClosed, account.nextTick <= lastTick else { return (account, nil) }
        let hole = RunLedger.Hole(node: node, from: account.nextTick, to: lastTick, reason: .away)
        account.missing.addCounts(of: [GapReason.away.rawValue: hole.ticks])
        account.nextTick = lastTick + 1
        return (account, hole)
    }
}
