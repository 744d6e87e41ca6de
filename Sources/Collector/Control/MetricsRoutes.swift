import Hummingbird
import NIOCore
import StatsCore

/// `GET /metrics`: all live values in Prometheus' text format.
struct MetricsRoutes {
    let status: StatusRoutes
    let live: NewestTicks
    let answers: AnswerPlaces
    /// Whether processes are shown: there may be very many of them, and they change often.
    let showsProcesses: Bool

    func add(to router: Router<ControlContext>) {
        router.read("metrics") { _, context in
            let place = try answers.enter(context.channel)
            let exposition = await exposition()
            // Written in pieces: two thousand containers are twenty megabytes, and the client may read slowly.
            let body = ResponseBody { writer in
                var piece = 0
                while piece < exposition.pieces {
                    if let text = Self.text(of: exposition, from: &piece) { try await writer.write(text) }
                }
                try await writer.finish(nil)
                withExtendedLifetime(place) {}
            }
            return Response(status: .ok, headers: [.contentType: Exposition.contentType], body: body)
        }
    }

    /// The next families: as many as fit into 64 KiB, or a single larger one. `nil` when no further family has a sample.
    private static func text(of exposition: Exposition, from piece: inout Int) -> ByteBuffer? {
        var out = ByteWriter(capacity: 128 * 1024)
        while piece < exposition.pieces, out.count < 64 * 1024 {
            exposition.write(piece: piece, to: &out)
            piece += 1
        }
        return out.isEmpty ? nil : out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    private func exposition() async -> Exposition {
        let report = await status.report()
        let kernels = Dictionary(report.nodes.map { ($0.node, $0.kernel) }) { first, _ in first }
        let nodes = live.all.sorted { $0.key < $1.key }.map {
            Exposition.Node(name: $0.key, kernel: kernels[$0.key] ?? nil, rows: $0.value.rows)
        }
        return Exposition(nodes, withProcesses: showsProcesses) { own in
            own.append(report.collector)
            own.append(report.run)
            own.append(report.nodes)
            own.appendOwnProcess()
        }
    }
}

extension OwnFamilies {
    fileprivate mutating func append(_ collector: StatusReport.Collector) {
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

    fileprivate mutating func append(_ run: RunReport?) {
        single("sonde_collector_run_active", .gauge, "1 while a run is in progress", run == nil ? 0 : 1)
        guard let run else { return }
        single("sonde_collector_run_ticks_due", .gauge, "Ticks of the run in progress that are due by now", Double(run.ticksDue))
        family("sonde_collector_run_rows_total", .counter, "Durable rows of the run in progress")
        for (table, count) in run.rows.sorted(by: { $0.key < $1.key }) { sample(Double(count), ("table", table)) }
    }

    fileprivate mutating func append(_ nodes: [NodeReport]) {
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
