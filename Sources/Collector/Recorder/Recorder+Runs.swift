import StatsCore

extension Recorder {
    /// Stops the run, waits until the connected nodes have delivered what they have (or nothing for ten seconds), and closes it.
    /// - Parameters:
    ///   - last: its last tick, where several collectors stop at the same one, which may be about to come. Ticks behind it that are there already stay.
    ///   - clock: how this collector's clock stands towards the first one's then.
    func stop(at last: UInt64? = nil, clock atEnd: RecordingGroup.Clock? = nil) async throws -> RunManifest {
        guard let run = active else {
            guard let manifest = lost else { throw ControlFailure(code: "no_run", message: "no run is in progress") }
            lost = nil
            return manifest
        }
        if let failure { throw failure }
        if hasShutDown { throw Self.ending }
        if let last, !run.life.isPlausible(last, at: clock.now()) {
            throw ControlFailure(code: "bad_option", message: "tick \(last) of `\(run.path)` is too far ahead to be its last")
        }
        whileLanesPause(run) { run.life.stop(at: clock.now(), delivered: run.ledger.highestTick, last: last) }
        run.waitFor(connections.values.map(\.hello.node))
        if let atEnd { run.manifest.group?.clockAtEnd = atEnd }
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
    /// - Parameter tick: the one at which another collector of the same run has set the mark.
    /// - Returns: the mark's tick.
    func mark(_ label: String, at tick: UInt64? = nil) throws -> UInt64 {
        if let tick, let run = active, !run.life.isPlausible(tick, at: clock.now()) {
            throw ControlFailure(code: "bad_option", message: "tick \(tick) of `\(run.path)` is too far ahead for a mark")
        }
        let (run, now) = try write("mark", message: label, at: tick)
        live.note(mark: label, at: now)
        return tick ?? run.grid.latest(at: now) ?? 0
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
        _ kind: String, message: String, exitCode: Int64? = nil, at tick: UInt64? = nil, _ change: (ActiveRun) -> Void = { _ in }
    ) throws -> (run: ActiveRun, now: Int64) {
        guard let run = active, !run.isSealed else {
            throw ControlFailure(code: "no_run", message: "no run is in progress; a \(kind) belongs to a run")
        }
        let now = clock.now()
        guard run.append(event: kind, message: message, exitCode: exitCode, node: "", now: now, tick: tick) else {
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
