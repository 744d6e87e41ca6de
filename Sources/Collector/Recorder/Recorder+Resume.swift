import Logging
import StatsCore

extension Recorder {
    /// Continues the run that was in progress when the last collector ended. A run that can't be continued is left as it is and
    /// logged, because it must not keep the collector from starting. A disk error is thrown instead: the disk may work again at the
    /// next start, so the run isn't given up.
    /// - Throws: `StartFailure`, `SyncFailure`.
    func resume() throws {
        do {
            guard let note = try data.activeRun() else { return }
            let path = try RunPath(note.run)
            guard try !data.removeUnfinished(path) else {
                logger.notice("removed a run whose start was interrupted", metadata: [LogKey.run: "\(path)"])
                return try data.clearActive()
            }
            try resume(path)
            try renew(note, of: path)
        } catch let error as SyncFailure {
            throw error
        } catch let error as DiskError where !error.isAbsent && !error.isInTheWay {
            throw StartFailure(
                "the run in progress can't be gone on with: \(error). See to the disk and start again; to give the run up, remove "
                    + data.activePath)
        } catch {
            logger.error(
                "the run that was in progress can't be gone on with; its files are left as they are", metadata: [LogKey.reason: "\(error)"])
            try data.clearActive()
        }
    }

    private func resume(_ path: RunPath) throws {
        let directory = try data.open(path)
        var manifest = try RunManifest(decoding: directory.file(RunFiles.manifest).contents())
        guard manifest.state.isActive else { return try data.clearActive() }
        let life = RunLife(
            grid: try manifest.checkedGrid(), resumedAt: clock.now(),
            stoppedAt: manifest.state == .stopping ? .some(manifest.lastTick) : .none)
        let recovered = try Recovery.recover(directory)
        for (file, bytes) in recovered.cut {
            logger.warning("cut back to the last commit", metadata: [LogKey.file: "\(file)", LogKey.bytes: "\(bytes)"])
        }
        if let (node, account) = recovered.record.ticks.first(where: { $0.value.nextTick > Grid.highestTick }) {
            throw RecoveryFailure(description: "\(RunFiles.commitLog) of `\(path)` counts \(account.nextTick) ticks of node `\(node)`")
        }
        manifest.join(recovered.record.nodes)
        let order = RunOrder(
            id: manifest.id, name: manifest.name, intervalUs: manifest.intervalUs, t0: manifest.t0Us, ticks: manifest.ticks)
        active = ActiveRun(
            path: path, order: order, life: life,
            directory: try RunDirectory(opening: directory, recovered: recovered) { [data] () throws(DiskError) in try data.open(path) },
            ledger: RunLedger(accounts: recovered.record.ticks), manifest: manifest)
        for (agent, stream) in recovered.record.streams {
            streams[agent] = Streams.Stream(
                node: stream.node, epoch: stream.epoch, epochID: stream.epochID, accepted: stream.seq, durable: stream.seq)
        }
        lastCommit = clock.now()
        if let run = active { openLanes(for: run) }
        logger.notice("going on with the run that was in progress", metadata: [LogKey.run: "\(path)"])
    }

    /// Writes this boot's clock into the note, for a further restart.
    private func renew(_ note: ActiveNote, of path: RunPath) throws {
        let renewed = ActiveNote(run: path, clock: clock)
        guard active != nil, note != renewed else { return }
        do {
            try data.noteActive(renewed)
        } catch let error as DiskError {
            logger.warning("the run's clock can't be noted; a restart will go by the wall clock", metadata: [LogKey.reason: "\(error)"])
        }
    }
}
