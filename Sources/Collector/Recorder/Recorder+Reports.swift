import StatsCore

extension Recorder {
    /// The run in progress; `nil` when there is none.
    func runReport() -> RunReport? { active.map { report(of: $0, at: clock.now()) } }

    /// Every node that is connected or takes part in the run, by name.
    func nodeReports() -> [NodeReport] {
        collect()
        let now = clock.now()
        var reports: [String: NodeReport] = [:]
        for node in active?.manifest.nodes ?? [] {
            reports[node.node] = NodeReport(
                node: node.node, agent: node.agent, monitor: "", address: node.addresses.first ?? "", isConnected: false, containers: 0,
                processes: 0, version: node.version, kernel: node.kernel, cgroup: node.cgroup, privileged: node.privileged,
                processesHidden: node.processesHidden, clockOffsetUs: node.clockOffsetUs, clockErrorUs: node.clockErrorUs)
        }
        let newest = live.all
        for connection in members.values {
            reports[connection.hello.node] = report(of: connection, newest[connection.hello.node], at: now)
        }
        for (node, account) in active?.ledger.accounts ?? [:] {
            reports[node]?.ticks = account.present
            reports[node]?.missing = account.missing
        }
        return reports.values.sorted { $0.node < $1.node }
    }

    private func report(of connection: Connection, _ live: LiveNode?, at now: Int64) -> NodeReport {
        let hello = connection.hello
        var report = NodeReport(
            node: hello.node, agent: hello.agent, monitor: hello.monitor, address: hello.addresses.first ?? connection.address,
            isConnected: true,
            containers: live?.containers ?? 0, processes: live?.processes ?? 0, version: hello.version, kernel: hello.kernel,
            cgroup: hello.cgroup, privileged: hello.privileged, processesHidden: hello.processesHidden,
            clockOffsetUs: live?.clock?.offset, clockErrorUs: live?.clock?.error,
            lastTickAgeMs: live?.lastTick.map { max(clock.steady() - $0, 0) / 1000 },
            backlogFrames: live?.backlogFrames, backlogBytes: live?.backlogBytes)
        report.leftOut = live?.leftOut
        return report
    }

    func report(of run: ActiveRun, at now: Int64) -> RunReport {
        var rows: [String: UInt64] = [:]
        for table in TableID.allCases { rows[table.name] = run.directory.tables[table.rawValue]?.rows }
        let due = run.grid.latest(at: now).map { $0 + 1 } ?? 0
        var report = RunReport(
            id: run.order.id, name: run.path.description, state: run.life.state, intervalUs: run.order.intervalUs, t0: run.manifest.t0,
            elapsedUs: max(now - run.order.t0, 0), durationUs: run.order.ticks.map { Int64(clamping: $0) * run.order.intervalUs },
            note: run.manifest.note, ticksDue: run.life.expected.map { min($0, due) } ?? due, rows: rows,
            lastCommitAgeMs: lastCommitAgeMs(at: now), directory: run.directory.path)
        report.labels = run.manifest.labels
        report.group = run.manifest.group
        report.warnings = run.manifest.warnings
        report.wallClockAheadUs = run.manifest.wallClock?.last?.aheadUs
        return report
    }

    private func lastCommitAgeMs(at now: Int64) -> Int64? { lastCommit.map { max(now - $0, 0) / 1000 } }

    /// The recorder's part of `GET /status`.
    func recorderReport() -> (blocked: String?, lastCommitAgeMs: Int64?, missingTicks: [String: UInt64]) {
        var missing = missingOfClosed
        if let run = active { missing.addCounts(of: run.ledger.missing) }
        return (blockedReason, lastCommitAgeMs(at: clock.now()), missing)
    }

    /// How many bytes of a file of the run in progress are durable; `nil` for any other run or file.
    func durableLength(of file: String, in path: RunPath) -> UInt64? {
        guard let run = active, run.path == path else { return nil }
        return run.directory.committed.files[file]
    }

    /// Why nothing is being committed at present; `nil` while all is well.
    var blockedReason: String? {
        blocked ?? failure.map { "\($0)" } ?? active?.lost.map { "the run is lost: \($0.what)" }
            ?? lost.map { "the run `\($0.name)` is \($0.verdict ?? "lost"); stop it, or start another" }
    }
}
