import StatsCore

extension InstancesReport: Presentable {
    /// kubemon's first line, then a line for each node.
    var text: String {
        guard !nodes.isEmpty else {
            let start = "sudo sonde-agent --collector HOST:\(DefaultPort.agents)"
            return "Connected instances: 0\nNo agent is connected. Start one on each host: \(start)"
        }
        return "Connected instances: \(instances)\n\(Self.kinds(nodes))\n" + table
    }

    /// What an instance is, and how many there are of each kind.
    static func kinds(_ nodes: [NodeReport]) -> String {
        func sum(_ count: (NodeReport) -> UInt64) -> UInt64 { nodes.reduce(0) { $0.saturatingAdding(count($1)) } }
        let processes = sum(\.processes)
        return "\(HumanUnits.count(nodes.count(where: \.isConnected), "host")), \(HumanUnits.count(sum(\.containers), "container")) and "
            + "\(processes) process\(processes == 1 ? "" : "es")"
    }
}

extension InstancesReport {
    private var table: String {
        var table = TextTable("NODE", "MONITOR", ">CONTAINERS", ">PROCESSES", ">LAST TICK", ">CLOCK", "CGROUP", "VERSION")
        for node in nodes {
            table.append(
                node.node, node.monitor, String(node.containers), String(node.processes), node.lastTickAge, node.clock, node.cgroup,
                node.version)
        }
        return table.text()
    }
}

extension StatusReport: Presentable {
    var text: String {
        let up = HumanUnits.duration(microseconds: collector.uptimeS &* 1_000_000)
        let free = collector.diskFreeBytes.map { ", \(HumanUnits.bytes($0)) free" } ?? ""
        let commit = collector.lastCommitAgeMs.map { ", last commit \(HumanUnits.duration(microseconds: $0 &* 1000)) ago" } ?? ""
        var lines = [
            "Collector  \(collector.version), up \(up), agents on \(collector.listen), control on \(collector.control)",
            "Data       \(collector.data)\(free)\(commit)",
        ].map { VisibleText.escape($0) }
        if collector.insecure == true { lines.append("INSECURE   its ports are open to everybody who reaches them (--insecure)") }
        if let blocked = collector.blocked { lines.append("BLOCKED    \(VisibleText.escape(blocked))") }
        let refused = collector.refused.filter { $0.value > 0 }
        if !refused.isEmpty { lines.append("Refused    \(VisibleText.escape(Tally.text(refused)))") }
        lines.append(run.map(\.text) ?? "Run        none; `sonde start NAME` starts one")
        lines += (warnings ?? []).map { VisibleText.escape("Warning    \($0.message)") }
        lines += (remoteWrite ?? []).map { VisibleText.escape($0.line) }
        let missing = nodes.reduce(into: [:]) { sum, node in sum.merge(node.missing ?? [:], uniquingKeysWith: &+) }
        if !missing.isEmpty { lines.append("Missing    \(VisibleText.escape(Tally.text(missing))) ticks") }
        let leftOut = nodes.reduce(into: [:]) { sum, node in sum.merge(node.leftOut ?? [:], uniquingKeysWith: &+) }
        if !leftOut.isEmpty {
            lines.append("Not shown  \(VisibleText.escape(Tally.text(leftOut))) rows, for which live values have no room")
        }
        lines.append(nodes.isEmpty ? "Nodes      none" : table)
        return lines.joined(separator: "\n")
    }

    /// At most 100 columns wide, unless a name is longer.
    private var table: String {
        var table = TextTable("NODE", "STATE", ">TICKS", ">MISSING", ">BACKLOG", ">LAST TICK", ">CLOCK")
        func missing(_ node: NodeReport) -> UInt64? { node.missing.map { $0.values.reduce(0) { $0.saturatingAdding($1) } } }
        let worst = WorstNodes(nodes) {
            [$0.isConnected ? 0 : 1, missing($0) ?? 0, $0.backlogFrames ?? 0, UInt64(clamping: $0.lastTickAgeMs ?? 0)]
        }
        for node in worst.named {
            table.append(
                node.node, node.isConnected ? "connected" : "away", node.ticks.map { String($0) }, missing(node).map { String($0) },
                node.backlog, node.lastTickAge, node.clock)
        }
        guard let note = worst.note else { return table.text() }
        let away = nodes.count { !$0.isConnected }
        table.append(
            worst.title, away > 0 ? "\(away) away" : "connected", worst.sum(\.ticks).map { String($0) },
            worst.sum(missing).map { String($0) },
            worst.sum(\.backlogFrames).map { frames in
                frames == 0 ? "0" : "\(frames), \(worst.sum(\.backlogBytes).map(HumanUnits.bytes) ?? "-")"
            }, nil, nil)
        return "\(table.text())\n\(note)"
    }
}

extension RunReport: Presentable {
    var text: String {
        let length = durationUs.map { HumanUnits.duration(microseconds: $0) }
        // Before its first tick nothing has passed yet.
        let time =
            elapsedUs > 0
            ? "for \(HumanUnits.duration(microseconds: elapsedUs))\(length.map { " of \($0)" } ?? "")" : length.map { "to last \($0)" }
        let interval = Interval(microseconds: intervalUs)
        var lines = [
            "Run        \(name): \(state.rawValue), every \(interval)\(time.map { ", \($0)" } ?? ""), from \(t0)",
            "Directory  \(directory)",
        ]
        if !rows.isEmpty { lines.append("Rows       \(Tally.text(rows))") }
        if let labels = RunLabels.text(labels) { lines.append("Labels     \(labels)") }
        if let note { lines.append("Note       \(note)") }
        if let group, group.collectors.count > 1 {
            let rest = group.collectors.count > 5 ? " and \(group.collectors.count - 5) more" : ""
            lines.append("Group      \(group.collectors.prefix(5).map(\.collector).joined(separator: ", "))\(rest) record it together")
        }
        if let wallClockAheadUs {
            let ahead = HumanUnits.duration(microseconds: Int64(clamping: wallClockAheadUs.magnitude))
            lines.append(
                "Wall clock \(ahead) \(wallClockAheadUs < 0 ? "behind" : "ahead of") the run's time: it was set, or the machine paused")
        }
        if let notReady {
            let rest = notReady.count > WorstNodes<String>.most ? " and \(notReady.count - WorstNodes<String>.most) more" : ""
            let named = notReady.prefix(WorstNodes<String>.most).joined(separator: ", ") + rest
            lines.append("Not ready  \(named); \(notReady.count == 1 ? "it" : "they") may miss the first ticks")
        }
        lines += (warnings ?? []).map { "Warning    \($0.message)" }
        lines += (environmentComparison?.sentences ?? []).map { "Differs    \($0)" }
        return lines.map { VisibleText.escape($0) }.joined(separator: "\n")
    }
}

extension NodeReport {
    fileprivate var lastTickAge: String? { lastTickAgeMs.map { HumanUnits.duration(microseconds: $0 &* 1000) } }

    fileprivate var clock: String? {
        clockOffsetUs.map { "\($0 < 0 ? "-" : "+")\(HumanUnits.duration(microseconds: Int64(clamping: $0.magnitude)))" }
    }

    /// How many frames, and their size.
    fileprivate var backlog: String? {
        backlogFrames.map { frames in
            frames == 0 ? "0" : "\(frames), \(backlogBytes.map(HumanUnits.bytes) ?? "-")"
        }
    }
}

/// Counts by name.
enum Tally {
    static func text(_ counts: [String: UInt64]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}

extension RemoteWriteReport {
    /// What a receiver has, what waits for it, and what it will never have.
    fileprivate var line: String {
        let waits =
            pendingBytes == 0
            ? ""
            : ", \(HumanUnits.bytes(pendingBytes)) of \(HumanUnits.bytes(limitBytes)) wait, the oldest \(HumanUnits.duration(microseconds: lagMs &* 1000))"
        let lost = dropped.filter { $0.value > 0 }
        let never = lost.isEmpty ? "" : ", dropped: \(Tally.text(lost))"
        return "\(up ? "Sent to    " : "NOT TAKEN  ")\(url): \(samples) samples\(waits)\(never)\(reason.map { "; \($0)" } ?? "")"
    }
}
