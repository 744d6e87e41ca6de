import FoundationEssentials
import Logging
import StatsCore

extension Recorder {
    /// Arms a run on all nodes: waits until they are ready, makes the run's directory, and sets tick 0 far enough ahead for the slowest node.
    /// - Throws: `ControlFailure`; nothing on the disk has changed then.
    func start(_ path: RunPath, options: StartOptions) async throws -> RunReport {
        let readiness = try await arm(path, options)
        return begin(try make(path, options, readiness))
    }

    /// Waits until all nodes are ready for a run.
    /// - Parameter group: of a run that several collectors begin together.
    /// - Throws: `ControlFailure` when none can begin.
    func arm(_ path: RunPath, _ options: StartOptions, group: String? = nil) async throws -> Readiness {
        if let run = active {
            throw ControlFailure(
                code: "run_active", message: "the run `\(run.path)` is \(run.life.state.rawValue); stop it first: one run at a time")
        }
        if let other = arming?.path ?? held?.run.path {
            throw ControlFailure(code: "run_active", message: "the run `\(other)` is about to begin: one run at a time")
        }
        try check(hellos, expected: options.expect)
        followWallClock()
        let id = UUID().uuidString.lowercased()
        let readiness = await prepare(id, path, group: group)
        if hasShutDown { throw Self.ending }
        try check(hellos, expected: options.expect)
        return Readiness(run: id, late: readiness.late, slowest: readiness.slowest)
    }

    /// Makes the directory of a run and all files in it, for the nodes that are connected.
    /// - Parameter isHeld: whether the run waits for other collectors; a collector that is started again takes such a run away.
    /// - Throws: `ControlFailure`; nothing on the disk has changed then.
    func make(_ path: RunPath, _ options: StartOptions, _ readiness: Readiness, isHeld: Bool = false) throws -> NewRun {
        let hellos = hellos
        var lead = lead(readiness.slowest, hellos)
        var order = RunOrder(
            id: readiness.run, name: path.description, intervalUs: options.interval.microseconds, t0: Self.begin(clock.now() + lead),
            ticks: options.ticks)
        var ledger = RunLedger()
        for hello in hellos { ledger.join(hello.node) }
        var record = CommitRecord()
        record.ticks = ledger.accounts
        for agent in streams.all.keys { record.streams[agent] = streams.record(of: agent) }
        var manifest = RunManifest(
            order: order, note: options.note, labels: options.labels, collectorVersion: Version.current,
            nodes: hellos.map(RunManifest.Node.init(hello:)))
        manifest.isHeld = isHeld ? true : nil
        let kept = describeHosts(&manifest, of: path)
        // Behind what may take long: the run before may be one of thousands of nodes.
        order.t0 = Self.begin(clock.now() + lead)
        manifest.put(on: order)
        let directory: RunDirectory
        do {
            directory = try data.createRun(path, announce: { try data.noteActive(ActiveNote(run: path, clock: clock)) }) { made in
                let begun = clock.now()
                let directory = try RunDirectory(creating: made, manifest: manifest, record: record) {
                    [data] () throws(DiskError) in try data.open(path)
                }
                // With a large fleet that takes long, and writing run.json once more takes a part of it.
                let took = clock.now() - begun
                guard took > lead / 2 else { return directory }
                lead += took
                order.t0 = Self.begin(clock.now() + lead)
                manifest.put(on: order)
                try directory.write(manifest)
                return directory
            }
        } catch {
            try? data.clearActive()
            if error is SyncFailure { failure = error }
            throw error
        }
        return NewRun(
            path: path, order: order, directory: directory, ledger: ledger, manifest: manifest, environments: kept, late: readiness.late,
            lead: lead)
    }

    /// Tells all agents of a run whose files are made, and takes their frames from then on.
    func begin(_ new: NewRun) -> RunReport {
        let (path, order) = (new.path, new.order)
        let now = clock.now()
        let life = RunLife(grid: Grid(t0: order.t0, interval: order.intervalUs, ticks: order.ticks))
        let run = ActiveRun(
            path: path, order: order, life: life, directory: new.directory, ledger: new.ledger, manifest: new.manifest,
            environments: new.environments)
        active = run
        lost = nil
        streams.forgetFins()
        lastCommit = now
        joinNewcomers(to: run, at: now)
        openLanes(for: run)
        note("run armed", message: path.description, node: "", in: run, now: now)
        broadcast(.run(order))
        logger.notice("run armed", metadata: [LogKey.run: "\(path)"])
        var report = report(of: run, at: now)
        report.environmentComparison = new.manifest.environmentComparison
        if !new.late.isEmpty {
            report.notReady = new.late
            for node in new.late.prefix(100) {
                note("agent not ready", message: "it may miss the first ticks", node: node, in: run, now: now)
            }
            logger.warning(
                "agents were not ready for the run, and may miss its first ticks",
                metadata: [LogKey.run: "\(path)", LogKey.node: "\(new.late.prefix(5).joined(separator: ", "))"])
        }
        return report
    }

    private var hellos: [Hello] { members.values.map(\.hello).sorted { $0.node < $1.node } }

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
}
