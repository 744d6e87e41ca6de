import Logging
import StatsCore

extension Recorder {
    /// A run that waits until the other collectors of its group are ready, too.
    struct Held {
        let group: String
        let run: NewRun
        /// When it is given up.
        let until: Int64
    }

    /// How long (µs) a run waits for the others before it is given up: nobody may be left to begin it.
    static let holdLimit: Int64 = 30_000_000

    /// The first half of a start over several collectors: makes everything that could fail, and tells no agent of the run yet.
    /// - Throws: `ControlFailure`; nothing on the disk has changed then.
    func hold(_ path: RunPath, options: StartOptions, group: String) async throws -> HeldReport {
        try checkWanted(group, path)
        let readiness = try await arm(path, options, group: group)
        try checkWanted(group, path)
        let new = try make(path, options, readiness, isHeld: true)
        held = Held(group: group, run: new, until: clock.now() + Self.holdLimit)
        logger.notice("a run waits for other collectors", metadata: [LogKey.run: "\(path)"])
        return HeldReport(
            group: group, run: new.order.id, nodes: new.manifest.nodes.map(\.node), leadUs: new.lead, heldUs: Self.holdLimit)
    }

    /// An order to disarm may overtake the one to hold, which it takes back, or come while agents get ready.
    private func checkWanted(_ group: String, _ path: RunPath) throws(ControlFailure) {
        guard disarmed.contains(group) else { return }
        throw ControlFailure(code: "not_held", message: "the run `\(path)` was taken back before its agents were ready")
    }

    /// The second half: sets tick 0 to the instant that all collectors of the group have been told, each in its own time.
    ///
    /// Being told again changes nothing.
    /// - Throws: `ControlFailure`; the run is taken away then.
    func begin(_ group: RecordingGroup) throws -> RunReport {
        if let run = active, run.manifest.group == group { return report(of: run, at: clock.now()) }
        guard let held, held.group == group.id, let own = group.own else {
            throw ControlFailure(
                code: "not_held",
                message: "no run of the group \(group.id) waits here: it was given up, or another collector began in its place")
        }
        var new = held.run
        guard own.t0Us > clock.now() else {
            dropHeld()
            throw Self.tooLate(new, own.t0Us)
        }
        new.order.t0 = own.t0Us
        new.manifest.put(on: new.order)
        new.manifest.group = group
        new.manifest.isHeld = nil
        do {
            try new.directory.write(new.manifest)
        } catch {
            dropHeld()
            if error is SyncFailure {
                failure = error
                throw error
            }
            throw ControlFailure(code: "unwritable", message: "the run `\(new.path)` can't begin: \(error)")
        }
        // The disk may have taken long. An order that comes too late would begin one part of the run behind the others.
        guard own.t0Us > clock.now() else {
            dropHeld()
            throw Self.tooLate(new, own.t0Us)
        }
        self.held = nil
        return begin(new)
    }

    private static func tooLate(_ run: NewRun, _ t0: Int64) -> ControlFailure {
        ControlFailure(
            code: "too_late", message: "tick 0 of `\(run.path)` was to be at \(Timestamp.string(t0)), which has passed: start it again")
    }

    /// How many groups that were taken back are remembered.
    private static let mostDisarmed = 64

    /// Takes away the run of a group of which not all collectors could begin, with all its files. What has begun says on the disk first that it is held: a collector
    /// that dies from then on leaves nothing of it (`removeUnfinished`), and one that dies before goes on with the whole run.
    /// - Throws: `ControlFailure` when it has been recording for so long that it is somebody's data, or the disk takes nothing.
    func disarm(_ group: String) throws -> DisarmReport {
        if !disarmed.contains(group) { disarmed = (disarmed + [group]).suffix(Self.mostDisarmed) }
        if arming?.group == group {
            // Whoever asks for another run next needn't wait for agents of this one.
            endArming()
            return DisarmReport(disarmed: true)
        }
        if held?.group == group {
            dropHeld()
            return DisarmReport(disarmed: true)
        }
        guard let run = active, run.manifest.group?.id == group else { return DisarmReport(disarmed: false) }
        let now = clock.now()
        guard !run.isSealed, now < run.order.t0.saturatingAdding(Self.holdLimit) else {
            throw ControlFailure(
                code: "run_active", message: "the run `\(run.path)` has begun long ago, and is not taken away: stop it, and remove it then")
        }
        try withdraw(run)
        closeLanes()
        run.life.stop(at: now, delivered: run.ledger.highestTick)
        run.seal()
        if let order = run.stopOrder { broadcast(.stop(order)) }
        dismissWaiters(ControlFailure(code: "no_run", message: "the run was taken away, as not all collectors of its group could begin"))
        active = nil
        discard(run.directory, run.path)
        runEnded()
        return DisarmReport(disarmed: true)
    }

    private func withdraw(_ run: ActiveRun) throws {
        var manifest = run.manifest
        manifest.isHeld = true
        do {
            try run.directory.write(manifest)
        } catch {
            if error is SyncFailure {
                failure = error
                throw error
            }
            throw ControlFailure(
                code: "unwritable", message: "the run `\(run.path)` can't be taken away, and goes on: \(error). Stop it, and remove it then"
            )
        }
    }

    /// Gives a run up for which nobody has come.
    func ageHeld(at now: Int64) {
        guard let held, now >= held.until else { return }
        logger.warning("a run was given up: nobody has begun it", metadata: [LogKey.run: "\(held.run.path)"])
        dropHeld()
    }

    func dropHeld() {
        guard let held else { return }
        self.held = nil
        discard(held.run.directory, held.run.path)
    }

    private func discard(_ directory: RunDirectory, _ path: RunPath) {
        directory.unlock()
        data.discard(path)
        try? data.clearActive()
        logger.notice("run taken away before it began", metadata: [LogKey.run: "\(path)"])
    }

    /// Takes in the agents that have connected since the run's files were made.
    func joinNewcomers(to run: ActiveRun, at now: Int64) {
        let known = Set(run.manifest.nodes.map(\.agent))
        for (session, connection) in members where !known.contains(connection.hello.agent) {
            let hello = connection.hello
            guard run.hasRoom(for: hello) else { continue }
            run.join(hello)
            moved.insert(hello.agent)
            note(
                "agent joined", message: "\(hello.monitor), agent \(hello.agent), version \(hello.version)", node: hello.node, in: run,
                now: now)
            noteEnvironment(session: session)
        }
    }
}
