import StatsCore

/// Reads gaps.csv: which ticks of which node are said to be missing, and why; and which of a merged run no part recorded.
struct GapRows: RowCheck {
    /// A row of gaps.csv.
    struct Gap: Encodable, Equatable {
        let node: String
        let from: UInt64
        let to: UInt64
        let reason: String

        var ticks: UInt64 { to - from + 1 }
    }

    /// How many gaps are kept to be shown; all are counted and checked.
    static let kept = 10_000

    private let instants: RunInstants
    private let indices: [String: Int]
    private let expected: [UInt64]

    private(set) var gaps: [Gap] = []
    private(set) var count: UInt64 = 0
    /// By node.
    private(set) var missing: [TickSet]
    /// By node: ticks that no part of a merged run recorded, which are missing to nobody.
    private(set) var notRecorded: [TickSet]
    /// By node: ticks by reason.
    private(set) var reasons: [[String: UInt64]]
    /// By node: behind the last tick that a gap names. Gaps come in order, as long as nothing is wrong.
    private var next: [UInt64]

    init(_ instants: RunInstants, nodes: [String], expected: [UInt64]) {
        self.instants = instants
        self.expected = expected
        indices = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
        missing = nodes.map { _ in TickSet() }
        notRecorded = missing
        reasons = nodes.map { _ in [:] }
        next = nodes.map { _ in 0 }
    }

    mutating func row(_ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        let line = reader.line
        func note(_ code: RunFault.Code, node: String? = nil, _ message: String) {
            faults.note(code, file: RunFiles.gaps, line: line, node: node, message)
        }
        guard let gap = GapRow(reader.fields) else { return note(.gap, "from_tick, to_tick and ticks are not all numbers") }
        let (name, from, to, ticks) = (gap.node, gap.from, gap.to, gap.ticks)
        guard let node = indices[name] else { return note(.unknownNode, "the node is none of the run's") }
        guard from <= to, to < expected[node] else {
            return note(.gap, node: name, "ticks \(from) to \(to) are not ticks of the run, of which \(expected[node]) are accounted for")
        }
        if ticks != to - from + 1 {
            note(.gap, node: name, "from tick \(from) to \(to) there are \(to - from + 1) ticks, and not \(ticks)")
        }
        let isRecorded = gap.reason != GapRow.notRecorded
        if isRecorded, GapReason(rawValue: gap.reason) == nil {
            note(.gap, node: name, "nobody knows the reason `\(gap.reason.prefix(64))`")
        }
        let time = Timestamp.string(instants.instant(of: from, node: node))
        if gap.time != time { note(.time, node: name, "the time of tick \(from) is \(time), and another one is there") }
        let span = TickSet(from..<to + 1)
        let again = from < next[node] ? missing[node].intersection(span).union(notRecorded[node].intersection(span)) : TickSet()
        if !again.isEmpty { note(.overlap, node: name, "two gaps of node \(name) name the same ticks: \(again.text)") }
        next[node] = max(next[node], to + 1)
        guard isRecorded else { return notRecorded[node].insert(from...to) }
        missing[node].insert(from...to)
        reasons[node][gap.reason, default: 0] += span.count - again.count
        count += 1
        if gaps.count < Self.kept { gaps.append(Gap(node: name, from: from, to: to, reason: gap.reason)) }
    }
}
