import StatsCore

/// Nodes whose ticks several parts of one run share: their agents went from one collector to another.
struct MovedNodes {
    /// What a part has of such a node.
    struct Share {
        /// The part's id.
        let part: String
        let ticks: RunPart.NodeTicks
    }

    /// Ticks that no part has, by the merged run's count.
    struct Gap {
        let ticks: ClosedRange<UInt64>
        let reason: GapReason
    }

    struct Node {
        fileprivate(set) var gaps: [Gap] = []
        fileprivate(set) var shares: [Share] = []
        /// Whose ticks come one after the other.
        fileprivate(set) var turns: [MovedOrder.Turn] = []
        /// By reason.
        var missing: [String: UInt64] {
            gaps.reduce(into: [:]) { $0.addCounts(of: [$1.reason.rawValue: $1.ticks.upperBound - $1.ticks.lowerBound + 1]) }
        }
    }

    private(set) var nodes: [String: Node] = [:]

    subscript(node: String) -> Node? { nodes[node] }

    /// The turns of the nodes of which several parts have ticks.
    var turns: [(node: String, turns: [MovedOrder.Turn])] {
        nodes.filter { $0.value.turns.count > 1 }.map { ($0.key, $0.value.turns) }.sorted { $0.0 < $1.0 }
    }

    /// Finds out who has what of which node.
    /// - Throws: `CommandFailure` for a tick that two parts have; `DiskError`, `CSVReader.RowTooLong`.
    init(_ plan: MergePlan) throws {
        let shared = Self.shared(plan.inputs)
        guard !shared.isEmpty else { return }
        let named = Set(shared.map(\.node))
        let gaps = try plan.inputs.map { try $0.gaps(of: named) }
        for (node, places) in shared {
            let parts = places.map { place in
                (input: plan.inputs[place], recorded: Self.recorded(node, in: plan.inputs[place]), gaps: gaps[place][node] ?? [:])
            }
            nodes[node] = Node()
            var (recorded, present) = (TickSet(), TickSet())
            var turns: [MovedOrder.Turn] = []
            for (place, part) in zip(places, parts) {
                let own = part.gaps.values.reduce(part.recorded) { $0.subtracting($1) }
                let both = present.intersection(own)
                if !both.isEmpty { throw Self.twice(both, node, parts.map(\.input)) }
                recorded.formUnion(part.recorded)
                present.formUnion(own)
                turns += own.ranges.map { MovedOrder.Turn(from: $0.lowerBound, place: place) }
                // What was merged before says itself who has what.
                guard part.input.manifest.parts == nil,
                    let ranges = own.ranges.first.flatMap({ first in own.ranges.last.map { (first, $0) } })
                else { continue }
                let ticks = RunPart.NodeTicks(
                    node: node, firstTick: ranges.0.lowerBound, lastTick: ranges.1.upperBound, present: own.count)
                nodes[node]?.shares.append(Share(part: part.input.manifest.id, ticks: ticks))
            }
            for turn in turns.sorted(by: { $0.from < $1.from }) where nodes[node]?.turns.last?.place != turn.place {
                nodes[node]?.turns.append(turn)
            }
            var rest = recorded.subtracting(present)
            // What one part says of a tick for which the others only weren't there is why it is missing.
            for (reason, ticks) in parts.flatMap({ $0.gaps.sorted { $0.key.rawValue < $1.key.rawValue } })
            where reason != .away && reason != .elsewhere {
                let own = rest.intersection(ticks)
                nodes[node]?.gaps += own.ranges.map { Gap(ticks: $0, reason: reason) }
                rest = rest.subtracting(own)
            }
            nodes[node]?.gaps += rest.ranges.map { Gap(ticks: $0, reason: .away) }
        }
    }

    /// The nodes that several parts of one run have, and which of the inputs have them.
    private static func shared(_ inputs: [MergeInput]) -> [(node: String, places: [Int])] {
        struct Member: Hashable {
            let group: String
            let node: String
        }
        var places: [Member: Set<Int>] = [:]
        for (place, input) in inputs.enumerated() {
            for part in input.parts {
                guard let group = part.group?.id else { continue }
                for node in part.nodes { places[Member(group: group, node: node), default: []].insert(place) }
            }
        }
        let nodes = Set(places.filter { $0.value.count > 1 }.map(\.key.node))
        return nodes.sorted().map { node in
            (node, inputs.indices.filter { inputs[$0].run.claims.nodes.contains(node) })
        }
    }

    private static func recorded(_ node: String, in input: MergeInput) -> TickSet {
        var ticks = TickSet()
        for part in input.parts where part.nodes.contains(node) { if let own = part.ticks { ticks.insert(own) } }
        return ticks
    }

    private static func twice(_ ticks: TickSet, _ node: String, _ inputs: [MergeInput]) -> CommandFailure {
        CommandFailure(
            code: "overlap",
            message: """
                \(inputs.map(\.path).joined(separator: " and ")) both have ticks \(ticks.text) of the node \(node), of which there can be one row at a tick: \
                two agents had that name. Leave one of the runs out.
                """)
    }
}

extension MergeInput {
    /// By node: which ticks gaps.csv says that are missing, and which it doesn't tell of as the run isn't closed; by the merged run's count.
    fileprivate func gaps(of nodes: Set<String>) throws -> [String: [GapReason: TickSet]] {
        var found: [String: [GapReason: TickSet]] = [:]
        func note(_ node: String, _ ticks: ClosedRange<UInt64>, _ reason: GapReason) {
            found[node, default: [:]][reason, default: TickSet()].insert(ticks.lowerBound + shift...ticks.upperBound + shift)
        }
        do {
            if run.claims.files[RunFiles.gaps] != nil, run.holds(RunFiles.gaps) {
                var reader = try run.whole(RunFiles.gaps)
                _ = try reader.advance()
                while let fields = try reader.next() {
                    guard let gap = GapRow(fields), nodes.contains(gap.node), gap.from <= gap.to, gap.to <= lastTick else { continue }
                    note(gap.node, gap.from...gap.to, GapReason(rawValue: gap.reason) ?? .away)
                }
            }
        } catch  where damage != nil {}
        for node in nodes where run.claims.nodes.contains(node) {
            if let hole = account(of: node).hole { note(node, hole.from...hole.to, hole.reason) }
        }
        return found
    }
}
