import RemoteWrite
import StatsCore

/// What a collector says of itself, of its run and of its nodes.
extension OwnFamilies {
    mutating func append(_ report: StatusReport) {
        append(report.collector)
        append(report.run)
        append(report.nodes)
        append(report.remoteWrite ?? [])
        appendOwnProcess()
    }

    private mutating func append(_ collector: StatusReport.Collector) {
        family("sonde_collector_build_info", .gauge, "1, and the collector's version")
        sample(1, ("version", collector.version))
        single("sonde_collector_uptime_seconds", .gauge, "Time since the collector began", Double(collector.uptimeS))
        single(
            "sonde_collector_disk_free_bytes", .gauge, "Space that the data directory's disk still has",
            collector.diskFreeBytes.map { Double($0) })
        single(
            "sonde_collector_blocked", .gauge, "1 while nothing can be recorded, such as with a full disk", collector.blocked == nil ? 0 : 1
        )
        single(
            "sonde_collector_last_commit_age_seconds", .gauge, "Time since rows were last made durable",
            collector.lastCommitAgeMs.map { Double($0) / 1000 })
        family("sonde_collector_refused_total", .counter, "Frames and connections that were refused or ignored")
        for (reason, count) in collector.refused.sorted(by: { $0.key < $1.key }) { sample(Double(count), ("reason", reason)) }
        family("sonde_collector_missing_ticks_total", .counter, "Ticks that are missing from runs")
        for (reason, count) in collector.missingTicks.sorted(by: { $0.key < $1.key }) { sample(Double(count), ("reason", reason)) }
    }

    private mutating func append(_ run: RunReport?) {
        single("sonde_collector_run_active", .gauge, "1 while a run is in progress", run == nil ? 0 : 1)
        guard let run else { return }
        single("sonde_collector_run_ticks_due", .gauge, "Ticks of the run in progress that are due by now", Double(run.ticksDue))
        family("sonde_collector_run_rows_total", .counter, "Durable rows of the run in progress")
        for (table, count) in run.rows.sorted(by: { $0.key < $1.key }) { sample(Double(count), ("table", table)) }
    }

    private mutating func append(_ nodes: [NodeReport]) {
        single("sonde_collector_connected_nodes", .gauge, "Nodes whose agent is connected", Double(nodes.count { $0.isConnected }))
        family("sonde_node_up", .gauge, "1 while the node's agent is connected; 0 while the run in progress waits for it")
        for node in nodes { sample(node.isConnected ? 1 : 0, ("node", node.node)) }
        family("sonde_agent_build_info", .gauge, "1, and the version of the node's agent")
        for node in nodes { sample(1, ("node", node.node), ("version", node.version)) }
        family("sonde_agent_last_tick_age_seconds", .gauge, "Time since the node's last tick came")
        for node in nodes { sample(node.lastTickAgeMs.map { Double($0) / 1000 }, ("node", node.node)) }
        family("sonde_node_rows_left_out", .gauge, "Rows of the node that aren't live, as there are too many")
        for node in nodes {
            for (table, count) in (node.leftOut ?? [:]).sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("node", node.node), ("table", table))
            }
        }
        family("sonde_node_run_ticks_total", .counter, "Ticks of the node in the run in progress that are durable")
        for node in nodes { sample(node.ticks.map { Double($0) }, ("node", node.node)) }
        family("sonde_node_run_missing_ticks_total", .counter, "Ticks of the node that are missing from the run in progress")
        for node in nodes {
            for (reason, count) in (node.missing ?? [:]).sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("node", node.node), ("reason", reason))
            }
        }
    }
}
