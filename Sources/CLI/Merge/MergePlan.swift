import StatsCore

/// How runs go together: one grid, no node twice at a tick, and one set of columns.
struct MergePlan {
    /// In the order of their begins.
    let inputs: [MergeInput]
    let parts: [RunPart]
    let dictionary: MergedDictionary
    let t0: Int64
    let interval: Int64
    /// Of all of them.
    let lastTick: UInt64

    var grid: Grid { Grid(t0: t0, interval: interval) }

    /// - Throws: `CommandFailure` that says what doesn't go together, and where.
    init(_ runs: [MergeInput], isAligned: Bool) throws(CommandFailure) {
        let inputs = runs.sorted {
            ($0.t0, $0.manifest.group?.place ?? 0, $0.manifest.id) < ($1.t0, $1.manifest.group?.place ?? 0, $1.manifest.id)
        }
        self.inputs = inputs
        t0 = inputs[0].t0
        interval = inputs[0].manifest.intervalUs
        var placed: [RunPart] = []
        for input in inputs {
            input.place(behind: t0, placed)
            placed += input.parts
        }
        try Self.checkGrids(inputs, isAligned: isAligned)
        let found = inputs.flatMap { input in input.parts.map { Found(part: $0, path: input.path) } }
            .sorted { $0.order < $1.order }
        let parts = found.map(\.part)
        self.parts = parts
        lastTick = parts.map(\.lastTick).max() ?? 0
        guard lastTick < Grid.highestTick else {
            throw CommandFailure(code: "bad_grid", message: "From the first run to the last there are more ticks than a run can have.")
        }
        for one in found.indices {
            guard let other = found[(one + 1)...].first(where: { $0.part.id == found[one].part.id }) else { continue }
            throw CommandFailure(
                code: "overlap",
                message:
                    "The run \(other.part.name) is in \(found[one].path) and in \(other.path), whole or as a part: leave one of them out.")
        }
        try Self.checkNodes(found, Grid(t0: t0, interval: interval))
        dictionary = try MergedDictionary(inputs)
    }

    /// A part, and where it is.
    private struct Found {
        let part: RunPart
        let path: String

        var order: (UInt64, Int, String, String) { (part.firstTick, part.group?.place ?? 0, part.name, part.id) }
        var text: String { path.hasSuffix(part.name) ? path : "\(part.name) in \(path)" }
    }

    private static func checkGrids(_ inputs: [MergeInput], isAligned: Bool) throws(CommandFailure) {
        let first = inputs[0]
        for input in inputs where input.manifest.intervalUs != first.manifest.intervalUs {
            let intervals = [first, input].map { "\($0.path) ticks every \(Interval(microseconds: $0.manifest.intervalUs))" }
            throw CommandFailure(
                code: "other_interval",
                message: "\(intervals.joined(separator: ", and ")): one run has one interval. Compare or export them instead.")
        }
        guard !isAligned, let input = inputs.first(where: { $0.offset != 0 }) else { return }
        let behind = HumanUnits.duration(microseconds: (input.t0 - first.t0) % input.manifest.intervalUs)
        throw CommandFailure(
            code: "other_grid",
            message: """
                The ticks of \(input.path) lie \(behind) behind those of \(first.path) (its tick 0 is at \(input.manifest.t0), the other's at \
                \(first.manifest.t0), and both tick every \(Interval(microseconds: first.manifest.intervalUs))): they have no instant in common. With --align they are numbered \
                as the tick before, and keep their times; run.json says how far they are apart.
                """)
    }

    /// No node may be recorded twice at the same tick, nor at ticks beside each other that are less than an interval apart, which would make wrong rates.
    private static func checkNodes(_ parts: [Found], _ grid: Grid) throws(CommandFailure) {
        var byNode: [String: [Int]] = [:]
        for (place, found) in parts.enumerated() { for node in found.part.nodes { byNode[node, default: []].append(place) } }
        var faults: [(node: String, what: String)] = []
        for (node, places) in byNode.sorted(by: { $0.key < $1.key }) {
            // Of the parts before, the one that reaches furthest.
            var before: Found?
            for found in places.map({ parts[$0] }) {
                // A node may go from one collector of a run to another. Who has which of its ticks is looked up later (`MovedNodes`).
                if let before, !before.part.isOneRun(with: found.part), let what = fault(between: before, found, grid) {
                    faults.append((node, what))
                    break
                }
                if found.part.lastTick >= before?.part.lastTick ?? 0 { before = found }
            }
        }
        guard let first = faults.first else { return }
        let nodes = faults.filter { $0.what == first.what }.map(\.node)
        let rest = faults.count - nodes.count
        throw CommandFailure(
            code: "overlap",
            message: """
                \(first.what). Both have the node \(RunClaims.naming(nodes))\(rest > 0 ? ", and \(HumanUnits.count(rest, "more node")) are in two runs" : ""), \
                of which there can be one row at a tick: leave one of the runs out.
                """)
    }

    private static func fault(between one: Found, _ other: Found, _ grid: Grid) -> String? {
        let (first, second) = (one.part, other.part)
        if second.firstTick == first.lastTick + 1, second.offsetUs != first.offsetUs {
            return "\(other.text) begins less than an interval behind the end of \(one.text)"
        }
        guard second.firstTick <= first.lastTick else { return nil }
        let common = second.firstTick...min(first.lastTick, second.lastTick)
        func time(_ tick: UInt64) -> String { Timestamp.string(grid.instant(of: tick)) }
        func own(_ found: Found) -> String {
            "\(common.lowerBound - found.part.firstTick) to \(common.upperBound - found.part.firstTick) of \(found.text)"
        }
        return "\(one.text) and \(other.text) overlap by \(HumanUnits.count(common.upperBound - common.lowerBound + 1, "tick")), from "
            + "\(time(common.lowerBound)) to \(time(common.upperBound)) (ticks \(own(one)), and \(own(other)))"
    }
}
