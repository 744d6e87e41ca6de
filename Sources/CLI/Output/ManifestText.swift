import StatsCore

extension RunManifest: Presentable {
    var text: String {
        var lines = ["Run      \(name)  (\(id))", "State    \(state.rawValue)"]
        if let verdict { lines.append("Verdict  \(verdict)") }
        lines += remarks.map { "Remark   \($0)" } + (warnings ?? []).map { "Warning  \($0.message)" }
        lines.append("Grid     every \(Interval(microseconds: intervalUs)) from \(t0)\(ended.map { " to \($0)" } ?? "")")
        if let labels = RunLabels.text(labels) { lines.append("Labels   \(labels)") }
        if let note { lines.append("Note     \(note)") }
        lines = lines.map { VisibleText.escape($0) }

        var nodeTable = TextTable("NODE", ">EXPECTED", ">PRESENT", "MISSING", "KERNEL", "CGROUP", ">CPUS", ">MEMORY")
        let worst = worstNodes
        for node in worst.named {
            nodeTable.append(
                node.node, node.expected.map { String($0) }, node.present.map { String($0) }, node.missing.map(Gaps.text),
                node.kernel, node.cgroup, node.cpus.map { String($0) }, node.memoryBytes.map(HumanUnits.bytes))
        }
        if worst.isCut {
            nodeTable.append(
                worst.title, worst.sum(\.expected).map { String($0) }, worst.sum(\.present).map { String($0) },
                Gaps.text(worst.sums(\.missing)), nil, nil, worst.sum { $0.cpus.map { UInt64(clamping: $0) } }.map { String($0) },
                worst.sum(\.memoryBytes).map(HumanUnits.bytes))
        }
        if !nodeTable.isEmpty { lines.append(nodeTable.text()) }
        if let note = worst.note { lines.append(note) }
        if !files.isEmpty { lines.append(fileTable) }
        return lines.joined(separator: "\n")
    }

    /// Those that miss most.
    var worstNodes: WorstNodes<Node> {
        func total(_ counts: [String: UInt64]?) -> UInt64 { (counts ?? [:]).values.reduce(0) { $0.saturatingAdding($1) } }
        return WorstNodes(nodes) { [total($0.missing), total($0.incompleteRows)] }
    }

    /// The CSV files with their rows.
    var fileTable: String {
        var table = TextTable("FILE", ">ROWS", ">BYTES")
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            table.append(name, String(file.rows), HumanUnits.bytes(file.bytes))
        }
        return table.text()
    }

    /// Whether all ticks of all nodes are there; `false` while the run is in progress.
    var isComplete: Bool { state == .complete }
}

/// Missing ticks by reason.
enum Gaps {
    static func text(_ missing: [String: UInt64]) -> String {
        let real = missing.filter { $0.value > 0 }
        return real.isEmpty ? "none" : Tally.text(real)
    }
}
