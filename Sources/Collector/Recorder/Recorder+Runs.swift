import FoundationEssentials
import Logging
import StatsCore

extension Recorder {
    /// Arms a run on all nodes: waits until they are ready, makes the run's directory, and sets tick 0 far enough ahead for the slowest node.
    /// - Throws: `ControlFailure`; nothing on the disk has changed then.
    func start(_ path: RunPath, options: StartOptions) async throws -> RunReport {
        if let run = active {
            throw ControlFailure(
                code: "run_active", message: "the run `\(run.path)` is \(run.life.state.rawValue); stop it first: one run at a time")
        }
        if let arming {
            throw ControlFailure(code: "run_active", message: "the run `\(arming.path)` is about to begin: one run at a time")
        }
        try check(hellos, expected: options.expect)
        followWallClock()
        let id = UUID().uuidString.lowercased()
        let readiness = await prepare(id, path)
        if hasShutDown { throw Self.ending }
        let hellos = hellos
        try check(hellos, expected: options.expect)
        let lead = lead(readiness.slowest, hellos)
        var order = RunOrder(
            id: id, name: path.description, intervalUs: options.interval.microseconds, t0: Self.begin(clock.now() + lead),
            ticks: options.ticks)
        var ledger = RunLedger()
        for hello in hellos { ledger.join(hello.node) }
        var record = CommitRecord()
        record.ticks = ledger.accounts
        for agent in streams.all.keys { record.streams[agent] = streams.record(of: agent) }
        var manifest = RunManifest(
            order: order, note: options.note, labels: options.labels, collectorVersion: Version.current,
            nodes: hellos.map(RunManifest.Node.init(hello:)))
        let kept = describeHosts(&manifest, of: path)
        // Behind what may take long: the run before may be one of thousands of nodes.
        order.t0 = Self.begin(clock.now() + lead)
        manifest.put(on: order)
        let directory: RunDirectory
        do {
            directory = try data.createRun(path, note: { try data.noteActive(ActiveNote(run: path, clock: clock)) }) { made in
                let begun = clock.now()
                let directory = try RunDirectory(creating: made, manifest: manifest, record: record) {
                    [data] () throws(DiskError) in try data.open(path)
                }
                // With a large fleet that takes long, and writing run.json once more takes a part of it.
                let took = clock.now() - begun
                guard took > lead / 2 else { return directory }
                order.t0 = Self.begin(clock.now() + took + lead)
                manifest.put(on: order)
                try directory.write(manifest)
                return directory
            }
        } catch {
            try? data.clearActive()
            if error is SyncFailure { failure = error }
            throw error
        }
        let now = clock.now()
        let life = RunLife(grid: Grid(t0: order.t0, interval: options.interval.microseconds, ticks: options.ticks))
        let run = ActiveRun(
            path: path, order: order, life: life, directory: directory, ledger: ledger, manifest: manifest, environments: kept)
        active = run
        lost = nil
        streams.forgetFins()
        lastCommit = now
        openLanes(for: run)
        note("run armed", message: path.description, node: "", in: run, now: now)
        broadcast(.run(order))
        logger.notice("run armed", metadata: [LogKey.run: "\(path)"])
        var report = report(of: run, at: now)
        report.environmentComparison = manifest.environmentComparison
        if !readiness.late.isEmpty {
            report.notReady = readiness.late
            for node in readiness.late.prefix(100) {
                note("agent not ready", message: "it may miss the first ticks", node: node, in: run, now: now)
            }
            logger.warning(
                "agents were not ready for the run, and may miss its first ticks",
                metadata: [LogKey.run: "\(path)", LogKey.node: "\(readiness.late.prefix(5).joined(separator: ", "))"])
        }
        return report
    }

    private var hellos: [Hello] { connections.values.map(\.hello).sorted { $0.node < $1.node } }

    /// How far ahead (µs) tick 0 is to be when the order to begin goes out: as far as the slowest agent took to be ready, and more where an agent's clock offset may be
    /// inaccurate, where it reads long, and where many have to be told.
    private func lead(_ slowest: Int64, _ hellos: [Hello]) -> Int64 {
        let worst = hellos.compactMap { live.facts(of: $0.node) }
            .map { 2 * min(max($0.clock?.error ?? 0, 0), 5_000_000) + min($0.readTime, 5_000_000) }.max()
        return max(slowest, 300_000) + (worst ?? 0) + Int64(hellos.count) * Self.telling
    }

    /// How long (µs) it takes to tell one agent.
    private static let telling: Int64 = 20

    /// The first instant from then on at which a run may begin.
    private static func begin(_ instant: Int64) -> Int64 { (instant + 99_999) / 100_000 * 100_000 }

    private func check(_ hellos: [Hello], expected: Int?) throws(ControlFailure) {
        guard !hellos.isEmpty else {
            throw ControlFailure(
                code: "no_nodes", message: "no node is connected; start sonde-agent on the hosts to record, with --collector")
        }
        if let expected, hellos.count < expected {
            let names = hellos.map(\.node).joined(separator: ", ")
            throw ControlFailure(
                code: "too_few_nodes",
                message: "\(expected) nodes are expected, \(hellos.count) \(hellos.count == 1 ? "is" : "are") connected: \(names)")
        }
    }

    /// Stops the run, waits until the connected nodes have delivered what they have (or nothing for ten seconds), and closes it.
    func stop() async throws -> RunManifest {
        guard let run = active else {
            guard let manifest = lost else { throw ControlFailure(code: "no_run", message: "no run is in progress") }
            lost = nil
            return manifest
        }
        if let failure { throw failure }
        if hasShutDown { throw Self.ending }
        whileLanesPause(run) { run.life.stop(at: clock.now(), delivered: run.ledger.highestTick) }
        run.waitFor(connections.values.map(\.hello.node))
        run.isManifestStale = true
        do {
            try commitIfPossible(at: clock.now())
        } catch {
            failure = error
            throw error
        }
        if let order = run.stopOrder { broadcast(.stop(order)) }
        if let blocked {
            throw ControlFailure(
                code: "blocked", message: "the run is stopped, and will be closed when there is room on the disk: \(blocked)")
        }
        return try await withCheckedThrowingContinuation { run.closing.append($0) }
    }

    /// Closes the run in progress although the one who started it, and this collector for it, is no more. The run says so.
    func closeAbandoned() async {
        guard let run = active else { return }
        run.manifest.abandoned = true
        // Where it can't be closed it stays as it is, as after any other end of a collector; there is nobody to tell.
        _ = try? await stop()
    }

    /// Writes a mark into event.csv, at the newest tick that is due, and waits until it is on the disk.
    /// - Returns: that tick.
    func mark(_ label: String) throws -> UInt64 {
        let (run, now) = try write("mark", message: label)
        live.note(mark: label, at: now)
        return run.grid.latest(at: now) ?? 0
    }

    /// Takes down what the recorded command is, or how it ended: in run.json and as an event.
    func note(_ command: RecordedCommand) throws -> UInt64 {
        let (kind, message) =
            command.hasEnded ? ("command ended", "\(command.program) \(command.ending)") : ("command began", command.program)
        let (run, now) = try write(kind, message: message, exitCode: command.status.map { Int64($0) }) { run in
            run.manifest.command = command
            run.isManifestStale = true
        }
        return run.grid.latest(at: now) ?? 0
    }

    /// Writes an event at the newest tick that is due, and waits until it is on the disk.
    ///
    /// - Parameter change: what else changes with it.
    private func write(
        _ kind: String, message: String, exitCode: Int64? = nil, _ change: (ActiveRun) -> Void = { _ in }
    ) throws -> (run: ActiveRun, now: Int64) {
        guard let run = active, !run.isSealed else {
            throw ControlFailure(code: "no_run", message: "no run is in progress; a \(kind) belongs to a run")
        }
        let now = clock.now()
        guard run.append(event: kind, message: message, exitCode: exitCode, node: "", now: now) else {
            throw ControlFailure(code: "blocked", message: "the \(kind) can't be kept: \(blocked ?? "too much waits for the disk")")
        }
        change(run)
        do {
            try commitIfPossible(at: now)
        } catch {
            failure = error
            throw error
        }
        if let blocked {
            throw ControlFailure(code: "blocked", message: "the \(kind) is kept in memory until there is room on the disk: \(blocked)")
        }
        if let lost = run.lost { throw ControlFailure(code: "no_run", message: "the \(kind) can't be kept: \(lost.what)") }
        return (run, now)
    }
}
