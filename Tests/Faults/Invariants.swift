import Foundation
import StatsCore
import TestSupport

/// What must hold for a closed run, whatever failed while it was recorded. It is checked from the run's files alone, against what the synthetic agents
/// know they sent. The numbers are those of docs/RELIABILITY.md.
struct Invariants {
    struct Violation: CustomStringConvertible {
        enum Kind: String {
            /// I1: a frame is neither in the files nor named as missing.
            case lost
            /// I1: a frame or a tick is there twice.
            case doubled
            /// I2: a frame was acknowledged and is not there.
            case acknowledgedLost
            /// I3: the content of a frame isn't what was sent under this identity.
            case payload
            /// I4: frames of an agent are not in order.
            case order
            /// I5: a file isn't valid CSV, or doesn't end with a line feed.
            case file
            /// I11: ticks are missing unnamed, or the counts differ from the names.
            case unnamed
        }

        let kind: Kind
        let what: String
        var description: String { "\(kind): \(what)" }
    }

    private let run: RecordedRun
    private(set) var violations: [Violation] = []
    /// Rows of synthetic frames that were found.
    private(set) var found = 0

    /// Checks a run in which all agents of the fleet took part from its start.
    ///
    /// - Parameter beside: whether other agents took part too, whose frames are unknown.
    init(_ run: RecordedRun, _ fleet: SyntheticFleet, beside: Bool = false) throws {
        self.run = run
        guard let disk = table("disk"), let gaps = table("gaps") else { return }
        for name in RecordedRun.tables + ["columns"] where name != "disk" && name != "process" { _ = table(name) }
        let rows = Dictionary(grouping: disk.rows, by: \.node)
        let holes = Dictionary(grouping: gaps.rows, by: \.node)
        let strangers = Set(rows.keys).union(holes.keys).subtracting(fleet.agents.map(\.node))
        for node in strangers where !beside { note(.payload, "rows of \(node), which doesn't exist") }
        let bulk = try BulkRows(path: run.directory + "/process.csv")
        for fault in bulk.faults { note(.file, fault) }
        for agent in fleet.agents { check(agent.book, rows[agent.node] ?? [], holes[agent.node] ?? [], bulk) }
    }

    private mutating func note(_ kind: Violation.Kind, _ what: String) { violations.append(Violation(kind: kind, what: what)) }

    private mutating func table(_ name: String) -> CSVTable? {
        do {
            return try CSVTable(path: "\(run.directory)/\(name).csv")
        } catch {
            note(.file, "\(error)")
            return nil
        }
    }

    private mutating func check(_ book: SyntheticBook, _ rows: [CSVTable.Row], _ holes: [CSVTable.Row], _ bulk: BulkRows) {
        let node = book.payload.node
        var present: [UInt64: (epoch: UInt64, seq: UInt64)] = [:]
        var last: (epoch: UInt64, seq: UInt64, tick: UInt64)?
        for row in rows {
            guard let epoch = row.number("reads"), let seq = row.number("reads_merged"), let mark = row.number("read_sectors"),
                let tick = row.number("tick")
            else {
                note(.payload, "a row of \(node) without its identity: \(row.fields.prefix(8))")
                continue
            }
            found += 1
            if mark != book.payload.mark(epoch: epoch, seq: seq, tick: tick) || row["device"] != SyntheticPayload.device
                || row["time"] != Timestamp.string(run.manifest.t0Us + Int64(tick) * run.manifest.intervalUs)
            {
                note(
                    .payload, "tick \(tick) of \(node), frame \(epoch)/\(seq), holds something else than was sent: \(row.fields.prefix(8))")
            }
            if present.updateValue((epoch, seq), forKey: tick) != nil { note(.doubled, "tick \(tick) of \(node)") }
            if let last, (last.epoch, last.seq) >= (epoch, seq) || last.tick >= tick {
                note(
                    .order,
                    "tick \(tick) of \(node), frame \(epoch)/\(seq), comes behind tick \(last.tick), frame \(last.epoch)/\(last.seq)")
            }
            last = (epoch, seq, tick)
            let count = bulk.counts["\(node),\(tick)"] ?? 0
            if count != book.payload.bulk {
                note(count < book.payload.bulk ? .lost : .doubled, "\(count) rows in process of tick \(tick) of \(node)")
            }
        }
        let named = gaps(of: node, holes, present)
        compare(book, present, named)
        count(node, present: present.count, named)
    }

    /// The reason of each tick that gaps.csv names.
    private mutating func gaps(of node: String, _ holes: [CSVTable.Row], _ present: [UInt64: (epoch: UInt64, seq: UInt64)]) -> [UInt64:
        String]
    {
        var named: [UInt64: String] = [:]
        for hole in holes {
            guard let from = hole.number("from_tick"), let to = hole.number("to_tick"), let reason = hole["reason"], from <= to,
                hole.number("ticks") == to - from + 1, GapReason(rawValue: reason) != nil
            else {
                note(.unnamed, "a gap of \(node) that is none: \(hole.fields)")
                continue
            }
            for tick in from...to {
                if named.updateValue(reason, forKey: tick) != nil { note(.doubled, "tick \(tick) of \(node) is named missing twice") }
                if present[tick] != nil { note(.doubled, "tick \(tick) of \(node) is named missing, and there") }
            }
        }
        return named
    }

    /// Checks that every sent frame is there exactly once, or that its ticks are named.
    private mutating func compare(
        _ book: SyntheticBook, _ present: [UInt64: (epoch: UInt64, seq: UInt64)], _ named: [UInt64: String]
    ) {
        let last = run.manifest.lastTick
        for entry in book.history where entry.run == run.manifest.id && !book.lost.contains(entry) {
            let isAcknowledged = entry.seq <= book.acknowledged[entry.epoch] ?? 0
            switch entry.content {
            case .tick(let tick):
                guard let last, tick <= last else { continue }
                if let at = present[tick] {
                    if at != (entry.epoch, entry.seq) {
                        note(
                            .payload, "tick \(tick) of \(book.payload.node) is of frame \(at), and was sent as \(entry.epoch)/\(entry.seq)")
                    }
                } else if named[tick] != GapReason.spoolFull.rawValue {
                    note(
                        isAcknowledged ? .acknowledgedLost : .lost,
                        "tick \(tick) of \(book.payload.node), frame \(entry.epoch)/\(entry.seq), gaps.csv says \(named[tick] ?? "nothing")"
                    )
                }
            case .gap(let ticks, let reason) where reason == .overrun:
                for tick in ticks where tick <= last ?? 0 && named[tick] != reason.rawValue && named[tick] != GapReason.spoolFull.rawValue {
                    note(
                        isAcknowledged ? .acknowledgedLost : .lost,
                        "the gap of tick \(tick) of \(book.payload.node), gaps.csv says \(named[tick] ?? "nothing")")
                }
            case .gap: break
            }
        }
    }

    /// Checks that all ticks of the run are there or named, and that the manifest has the same counts.
    private mutating func count(_ node: String, present: Int, _ named: [UInt64: String]) {
        let expected = run.manifest.lastTick.map { $0 + 1 } ?? 0
        guard let entry = run.manifest.nodes.first(where: { $0.node == node }) else {
            return note(.unnamed, "the manifest doesn't know \(node)")
        }
        let missing = Dictionary(grouping: named.values) { $0 }.mapValues { UInt64($0.count) }
        if UInt64(present + named.count) != expected || named.keys.contains(where: { $0 >= expected }) {
            note(.unnamed, "\(node) has \(present) ticks and names \(named.count), of \(expected)")
        }
        if entry.expected != expected || entry.present != UInt64(present) || entry.missing ?? [:] != missing {
            note(
                .unnamed,
                "the manifest counts for \(node) \(entry.present ?? 0) of \(entry.expected ?? 0), missing \(entry.missing ?? [:]); the files \(present), \(missing)"
            )
        }
    }
}

extension CSVTable.Row {
    func number(_ column: String) -> UInt64? { self[column].flatMap { UInt64($0) } }
}
