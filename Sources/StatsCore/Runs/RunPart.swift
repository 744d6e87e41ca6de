/// A run that `sonde merge` has made a part of another one: what that run can't say for all of its parts together. Ticks are those of the merged run.
package struct RunPart: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    package var state: RunState
    package var verdict: String?
    package var note: String?
    package var labels: [String: String]?
    package var command: RecordedCommand?
    package var abandoned: Bool?
    /// The instant of its first tick, as its collector's clock had it.
    package var t0: String
    package var ended: String?
    package var collectorVersion: String
    package var firstTick: UInt64
    package var lastTick: UInt64
    /// How long behind the instants of the merged run's grid its own lie, below zero when they come before; absent when they are the same.
    package var offsetUs: Int64?
    /// Of those that it recorded, the names.
    package var nodes: [String]
    package var wallClock: [RunManifest.WallClockStep]?
    /// What was wrong with it when it was merged nevertheless; absent when nothing was.
    package var damage: String?
    /// The collectors that recorded it together with others; absent when one did alone. Its rows' times are by the first one's clock in the merged run.
    package var group: RecordingGroup?
    /// Which ticks it has of nodes that went to another collector, or came from one; absent when there is none.
    package var nodeTicks: [NodeTicks]?

    /// Which ticks of a node a part has: so many, from the first to the last.
    package struct NodeTicks: Codable, Sendable, Equatable {
        package var node: String
        package var firstTick: UInt64
        package var lastTick: UInt64
        package var present: UInt64

        package enum CodingKeys: String, CodingKey {
            case node, present
            case firstTick = "first_tick"
            case lastTick = "last_tick"
        }

        package init(node: String, firstTick: UInt64, lastTick: UInt64, present: UInt64) {
            (self.node, self.firstTick, self.lastTick, self.present) = (node, firstTick, lastTick, present)
        }
    }

    package enum CodingKeys: String, CodingKey {
        case id, name, state, verdict, note, labels, command, abandoned, t0, ended, nodes, damage, group
        case collectorVersion = "collector_version"
        case firstTick = "first_tick"
        case lastTick = "last_tick"
        case offsetUs = "offset_us"
        case wallClock = "wall_clock"
        case nodeTicks = "node_ticks"
    }

    /// - Parameters:
    ///   - run: the run that becomes a part.
    ///   - shift: the tick of the merged run that its tick 0 is.
    ///   - lastTick: its last one, by its own count.
    package init(_ run: RunManifest, shift: UInt64, lastTick: UInt64, offsetUs: Int64) {
        (id, name, state, verdict, note) = (run.id, run.name, run.state, run.verdict, run.note)
        (labels, command, abandoned, group) = (run.labels, run.command, run.abandoned, run.group)
        (t0, ended, collectorVersion) = (run.t0, run.ended, run.collectorVersion)
        firstTick = shift
        self.lastTick = shift.saturatingAdding(lastTick)
        self.offsetUs = offsetUs == 0 ? nil : offsetUs
        nodes = run.nodes.map(\.node)
        wallClock = run.wallClock?.map { RunManifest.WallClockStep(tick: $0.tick.saturatingAdding(shift), aheadUs: $0.aheadUs) }
    }

    /// All of its ticks; `nil` when somebody wrote the last one before the first.
    package var ticks: ClosedRange<UInt64>? { firstTick <= lastTick ? firstTick...lastTick : nil }

    /// The same part in a run whose grid begins earlier.
    package func moved(by shift: UInt64) -> RunPart {
        var moved = self
        moved.firstTick = firstTick.saturatingAdding(shift)
        moved.lastTick = lastTick.saturatingAdding(shift)
        moved.nodeTicks = nodeTicks?.map { ticks in
            var ticks = ticks
            ticks.firstTick = ticks.firstTick.saturatingAdding(shift)
            ticks.lastTick = ticks.lastTick.saturatingAdding(shift)
            return ticks
        }
        moved.wallClock = wallClock?.map { RunManifest.WallClockStep(tick: $0.tick.saturatingAdding(shift), aheadUs: $0.aheadUs) }
        return moved
    }

    /// Why the merged run can't be complete, whatever its ledger says; `nil` when that is no reason.
    var shortcoming: String? {
        if damage != nil { return "part \(name) was damaged" }
        return state.isActive ? "part \(name) was not closed" : nil
    }
}

extension RunManifest {
    /// Of `remarks`, those of a merged run's parts.
    var partRemarks: [String] {
        guard let parts, !parts.isEmpty else { return [] }
        var remarks = ["Merged of \(parts.count) runs: \(Self.named(parts.map(\.name)))."]
        if let one = parts.first(where: { part in parts.contains { $0 != part && part.overlaps($0) && !part.isOneRun(with: $0) } }) {
            remarks.append(
                "\(one.name) and other parts were recorded at the same time, each by a collector with a clock of its own: their rows are as far apart as these clocks were."
            )
        }
        remarks += RecordingGroup.among(parts).map(\.remark)
        if let moved = movedNodes(of: parts) { remarks.append(moved) }
        for part in parts {
            if let offset = part.offsetUs {
                remarks.append(
                    "The ticks of \(part.name) lie \(HumanUnits.fixed(Double(offset.magnitude) / 1000, digits: 1)) ms \(offset < 0 ? "before" : "behind") the grid; their times say when they were."
                )
            }
            remarks += (part.wallClock ?? []).map { "\(part.name): \($0.text)" }
            if let damage = part.damage { remarks.append("\(part.name) was merged although it was \(damage)") }
            if part.abandoned == true { remarks.append("\(part.name): sonde record was killed, and its collector has closed the run.") }
        }
        for (key, values) in conflicts(of: parts) {
            let chosen = labels?[key].map { ": the run has \($0)" } ?? ", so that the run has none"
            remarks.append("The parts differ in the label \(key) (\(Self.named(values)))\(chosen).")
        }
        return remarks
    }

    /// Which nodes went from one collector to another, as a sentence.
    private func movedNodes(of parts: [RunPart]) -> String? {
        var shares: [String: [String]] = [:]
        for part in parts {
            for ticks in part.nodeTicks ?? [] {
                shares[ticks.node, default: []].append(
                    "\(part.group?.own?.collector ?? part.name) has ticks \(ticks.firstTick) to \(ticks.lastTick)")
            }
        }
        let moved = shares.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
        guard let first = moved.first else { return nil }
        let others = moved.count > 1 ? "; \(Self.named(moved.dropFirst().map(\.key))) went, too" : ""
        return "Node \(first.key) went from one collector to another: \(first.value.joined(separator: ", "))\(others)."
    }

    /// Labels of which not all parts that have one have the same.
    private func conflicts(of parts: [RunPart]) -> [(key: String, values: [String])] {
        Set(parts.flatMap { ($0.labels ?? [:]).keys }).sorted().compactMap { key in
            let values = Set(parts.compactMap { $0.labels?[key] }).sorted()
            return values.count > 1 ? (key, values) : nil
        }
    }

    private static func named(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

extension RunPart {
    fileprivate func overlaps(_ other: RunPart) -> Bool { firstTick <= other.lastTick && other.firstTick <= lastTick }

    /// Whether several collectors recorded both on one grid.
    package func isOneRun(with other: RunPart) -> Bool { group != nil && group?.id == other.group?.id }
}
