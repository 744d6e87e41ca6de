import StatsCore

/// What gaps.csv of a merged run says: the gaps of its parts, and the ticks that no part recorded.
struct MergedGaps {
    private let plan: MergePlan
    private let moved: MovedNodes

    init(_ plan: MergePlan, _ moved: MovedNodes) { (self.plan, self.moved) = (plan, moved) }

    /// A row with the ticks of the merged run.
    private struct Row {
        let node: String
        let ticks: ClosedRange<UInt64>
        let reason: String
        /// In µs.
        let instant: Int64
    }

    /// The rows of one run's gaps.csv, one after the other.
    private final class Feed {
        private let input: MergeInput
        private let moved: MovedNodes
        private let reader: Box
        private(set) var row: Row?

        final class Box {
            var reader: CSVReader
            init(_ reader: consuming CSVReader) { self.reader = reader }
        }

        init?(_ input: MergeInput, _ moved: MovedNodes) throws {
            guard input.run.claims.files[RunFiles.gaps] != nil, input.run.holds(RunFiles.gaps) else { return nil }
            self.input = input
            self.moved = moved
            reader = Box(try input.run.whole(RunFiles.gaps))
            do {
                _ = try reader.reader.advance()
                try read()
            } catch  where input.damage != nil {
                input.cut(RunFiles.gaps)
            }
        }

        /// Goes on to the next row. What follows in a damaged file can't be read.
        func advance() throws {
            row = nil
            do { try read() } catch  where input.damage != nil { input.cut(RunFiles.gaps) }
        }

        private func read() throws {
            while row == nil, let fields = try reader.reader.next() {
                // What lies in no part of a merged run is found anew. A row that is none is for `sonde verify` to name.
                guard let gap = GapRow(fields), gap.reason != GapRow.notRecorded, gap.from <= gap.to, gap.to <= input.lastTick,
                    moved[gap.node] == nil
                else { continue }
                let instant = Timestamp.nanoseconds(gap.time).map { $0 / 1000 - input.clockAhead } ?? 0
                row = Row(node: gap.node, ticks: gap.from + input.shift...gap.to + input.shift, reason: gap.reason, instant: instant)
            }
        }
    }

    /// Writes all rows in the order of their first ticks.
    func write(to file: MergedFile) throws {
        var feeds = try plan.inputs.compactMap { try Feed($0, moved) }
        let added = added.sorted { ($0.ticks.lowerBound, $0.node) < ($1.ticks.lowerBound, $1.node) }
        var next = 0
        while true {
            feeds.removeAll { $0.row == nil }
            let feed = feeds.min { ($0.row?.ticks.lowerBound ?? 0) < ($1.row?.ticks.lowerBound ?? 0) }
            let own = feed?.row
            if next < added.count, added[next].ticks.lowerBound < own?.ticks.lowerBound ?? .max {
                try append(added[next], to: file)
                next += 1
            } else if let own {
                try append(own, to: file)
                try feed?.advance()
            } else {
                return
            }
        }
    }

    private func append(_ row: Row, to file: MergedFile) throws(DiskError) {
        Timestamp.append(row.instant, to: &file.out)
        file.out.append(CSVDialect.separator)
        file.out.append(csvField: row.node)
        for number in [row.ticks.lowerBound, row.ticks.upperBound, row.ticks.upperBound - row.ticks.lowerBound + 1] {
            file.out.append(CSVDialect.separator)
            file.out.append(decimal: number)
        }
        file.out.append(CSVDialect.separator)
        file.out.append(csvField: row.reason)
        file.out.append(CSVDialect.lineEnd)
        try file.endRow()
    }

    /// What no gaps.csv says: ticks of no part, what runs that aren't closed don't tell of, and what no part has of a node that several have.
    private var added: [Row] {
        var rows: [Row] = []
        for (node, ticks) in recorded.sorted(by: { $0.key < $1.key }) {
            var next: UInt64 = 0
            for ticks in ticks.sorted(by: { $0.lowerBound < $1.lowerBound }) + [plan.lastTick + 1...plan.lastTick + 1] {
                if ticks.lowerBound > next {
                    rows.append(
                        Row(
                            node: node, ticks: next...ticks.lowerBound - 1, reason: GapRow.notRecorded, instant: plan.grid.instant(of: next)
                        ))
                }
                next = max(next, ticks.upperBound + 1)
            }
        }
        for input in plan.inputs {
            for node in input.run.claims.nodes {
                guard moved[node] == nil, let hole = input.account(of: node).hole else { continue }
                let instant = input.grid.instant(of: hole.from)
                rows.append(
                    Row(node: node, ticks: hole.from + input.shift...hole.to + input.shift, reason: hole.reason.rawValue, instant: instant))
            }
        }
        for (name, node) in moved.nodes {
            rows += node.gaps.map {
                Row(node: name, ticks: $0.ticks, reason: $0.reason.rawValue, instant: plan.grid.instant(of: $0.ticks.lowerBound))
            }
        }
        return rows
    }

    /// By node: the ticks of the parts that it is in.
    private var recorded: [String: [ClosedRange<UInt64>]] {
        var recorded: [String: [ClosedRange<UInt64>]] = [:]
        for part in plan.parts { for node in part.nodes { recorded[node, default: []].append(part.firstTick...part.lastTick) } }
        return recorded
    }
}
