import StatsCore

extension InstancesReport: Presentable {
    /// kubemon's first line, then a line per node.
    var text: String {
        guard !nodes.isEmpty else {
            return "Connected instances: 0\nNo agent is connected. Start one on each host: sudo sonde-agent --collector HOST:9822"
        }
        return "Connected instances: \(instances)\n" + NodeTable.text(nodes)
    }
}

extension StatusReport: Presentable {
    var text: String {
        let up = HumanUnits.duration(microseconds: collector.uptimeS &* 1_000_000)
        let free = collector.diskFreeBytes.map { ", \(HumanUnits.bytes($0)) free" } ?? ""
        var lines = [
            "Collector  \(collector.version), up \(up), agents on \(collector.listen), control on \(collector.control)",
            "Data       \(collector.data)\(free)",
        ].map { TerminalText.escape($0) }
        if let blocked = collector.blocked { lines.append("BLOCKED    \(TerminalText.escape(blocked))") }
        let refused = collector.refused.filter { $0.value > 0 }
        if !refused.isEmpty { lines.append("Refused    \(TerminalText.escape(Tally.text(refused)))") }
        lines.append(run.map(\.text) ?? "Run        none; `sonde start NAME` starts one")
        lines.append(nodes.isEmpty ? "Nodes      none" : NodeTable.text(nodes))
        return lines.joined(separator: "\n")
    }
}

extension RunReport: Presentable {
    var text: String {
        let elapsed = HumanUnits.duration(microseconds: elapsedUs)
        let length = durationUs.map { " of \(HumanUnits.duration(microseconds: $0))" } ?? ""
        let interval = Interval(microseconds: intervalUs)
        var lines = [
            "Run        \(name): \(state.rawValue), every \(interval), \(elapsed)\(length), from \(t0)", "Directory  \(directory)",
        ]
        if !rows.isEmpty { lines.append("Rows       \(Tally.text(rows))") }
        if let note { lines.append("Note       \(note)") }
        return lines.map { TerminalText.escape($0) }.joined(separator: "\n")
    }
}

/// Nodes, one a line.
enum NodeTable {
    static func text(_ nodes: [NodeReport]) -> String {
        var table = TextTable(
            "NODE", "MONITOR", "STATE", ">CONTAINERS", ">PROCESSES", ">TICKS", ">MISSING", ">LAST TICK", ">CLOCK", "CGROUP", "VERSION")
        for node in nodes {
            let clock = node.clockOffsetUs.map { offset in
                "\(offset < 0 ? "-" : "+")\(HumanUnits.duration(microseconds: Int64(clamping: offset.magnitude)))"
            }
            table.append(
                node.node, node.monitor, node.isConnected ? "connected" : "away", String(node.containers), String(node.processes),
                node.ticks.map { String($0) }, node.missing.map { String($0) },
                node.lastTickAgeMs.map { HumanUnits.duration(microseconds: $0 &* 1000) }, clock, node.cgroup, node.version)
        }
        return table.text()
    }
}

/// Counts by name.
enum Tally {
    static func text(_ counts: [String: UInt64]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
