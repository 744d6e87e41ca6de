import Logging
import StatsCore

extension Recorder {
    /// The group commit: makes all waiting rows durable, then acknowledges every stream that has advanced. When the disk is full it
    /// reports that and tries again a second later.
    /// - Throws: an error after which the recorder can't continue, such as a sync that failed.
    func commitIfPossible(at now: Int64) throws {
        guard active?.lost == nil else { return }
        collect()
        let isStale = active?.isManifestStale == true
        guard now >= retryAt, !moved.isEmpty || active?.isPending == true || blocked != nil || isStale else { return }
        do {
            // A run that was stopped takes in no tick behind its last one, and acknowledges it all the same: so its end is on the disk first.
            if let run = active, isStale {
                do {
                    try run.writeManifest()
                } catch let error as DiskError where !error.isFull {
                    if checkPlace(of: run, at: now) == nil { throw error }
                    return
                }
            }
            var records: [String: CommitRecord.Stream] = [:]
            for agent in moved { records[agent] = streams.record(of: agent) }
            try active?.commit(streams: records)
        } catch let error as DiskError where error.isFull {
            return block(error, at: now)
        } catch let loss as RunLost {
            return lose(loss, at: now)
        }
        lastCommit = now
        // Time in which the disk kept everybody waiting is nobody's silence.
        let after = clock.now()
        if after - now > 1_000_000 { active?.life.noteProgress(at: after) }
        acknowledge()
        unblock(at: now)
    }

    /// Commits before the next beat, since much waits.
    func commitEarly() {
        guard failure == nil, !hasShutDown else { return }
        do {
            try commitIfPossible(at: clock.now())
        } catch {
            failure = error
        }
    }

    /// Tells every agent that has moved how far its frames are on the disk, and has those go on that had to wait for room.
    private func acknowledge() {
        // An agent has what it was told of no more, so that whoever else was shown those ticks has to keep them, too.
        settle()
        var acks: [ObjectIdentifier: [(orders: any SessionOrders, ack: Ack)]] = [:]
        for agent in moved {
            guard let stream = streams.settle(agent), let session = stream.session, let connection = connections[session] else { continue }
            acks[ObjectIdentifier(connection.lane), default: []].append((connection.orders, Ack(epoch: stream.epoch, seq: stream.durable)))
        }
        moved.removeAll(keepingCapacity: true)
        backlog.note(taken: active?.directory.pendingBytes ?? 0)
        for lane in lanes {
            let own = acks[ObjectIdentifier(lane)] ?? []
            lane.call { for (orders, ack) in own { orders.post(.ack(ack)) } }
        }
    }

    func block(_ error: DiskError, at now: Int64) {
        if blocked == nil {
            logger.error("the disk is full: nothing is acknowledged until there is room", metadata: [LogKey.reason: "\(error)"])
        }
        blocked = error.description
        backlog.isBlocked = true
        for lane in lanes { lane.call() }
        retryAt = now + 1_000_000
        dismissWaiters(
            ControlFailure(code: "blocked", message: "the run is stopped, and will be closed when there is room on the disk: \(error)"))
    }

    private func unblock(at now: Int64) {
        guard blocked != nil else { return }
        blocked = nil
        // From now on no lane refuses a frame; what it has refused so far is taken over with the rest.
        backlog.isBlocked = false
        collect()
        active?.life.noteProgress(at: now)
        logger.notice("there is room on the disk again")
        for (agent, stream) in streams.all where stream.needsRewind {
            streams[agent]?.needsRewind = false
            guard let session = stream.session else { continue }
            connections[session]?.orders.post(.rewind(Rewind(epoch: stream.epoch, seq: stream.accepted.saturatingAdding(1))))
        }
    }

    /// Advances the run in progress: writes changes of its state to run.json, and closes it when it is over.
    /// - Throws: an error after which the recorder can't continue; `CancellationError` while the files are summed up.
    func ageRun(at now: Int64) async throws {
        guard let run = active, now >= retryAt else { return }
        let before = run.life.state
        run.life.advance(to: now)
        do {
            if let loss = checkPlace(of: run, at: now) { return try await close(run, at: now, after: loss) }
            if run.isManifestStale || run.life.state != before { try run.writeManifest() }
            collect()
            guard run.life.stop != nil,
                run.life.isOver(
                    at: now, connectedHaveFinished: haveFinished(run, alsoAway: false), allHaveFinished: haveFinished(run, alsoAway: true))
            else { return }
            try await close(run, at: now)
        } catch let error as DiskError where error.isFull {
            block(error, at: now)
        } catch let error as DiskError {
            // Since the look at its place the run may have been taken away.
            guard let loss = checkPlace(of: run, at: now) else { throw error }
            try await close(run, at: now, after: loss)
        }
    }

    /// - Returns: what has happened to the run's files; `nil` when they are where they belong.
    private func checkPlace(of run: ActiveRun, at now: Int64) -> RunLost? {
        do throws(RunLost) {
            if run.lost == nil { try run.directory.checkPlace() }
        } catch {
            lose(error, at: now)
        }
        return run.lost
    }

    /// Somebody has taken away what the run in progress writes to. Nothing of it is acknowledged any more, its nodes stop, and it is closed at once.
    private func lose(_ loss: RunLost, at now: Int64) {
        guard let run = active, run.lost == nil else { return }
        run.lost = loss
        closeLanes()
        run.life.stop(at: now, delivered: run.ledger.highestTick)
        run.seal()
        if let order = run.stopOrder { broadcast(.stop(order)) }
        logger.error("the run is lost, and is closed", metadata: [LogKey.run: "\(run.path)", LogKey.reason: "\(loss.what)"])
    }

    /// Closes a run that can't be written any more. Its manifest is kept where it still can be, and answered to who stops the run.
    private func close(_ run: ActiveRun, at now: Int64, after loss: RunLost) async throws {
        let files = loss.file == nil ? [:] : try await FinishedFiles(data: data, run: run.path, committed: run.directory.committed).summed()
        let manifest = run.closeLost(loss, files: files, now: now)
        if run.closing.isEmpty { lost = manifest }
        end(run, manifest)
        try? data.clearActive()
    }

    /// The run is closed, or lost.
    private func end(_ run: ActiveRun, _ manifest: RunManifest) {
        missingOfClosed.addCounts(of: run.ledger.missing)
        run.directory.unlock()
        active = nil
        runEnded()
        logger.notice("run closed", metadata: [LogKey.run: "\(run.path)", LogKey.reason: "\(manifest.verdict ?? "")"])
        for waiter in run.closing { waiter.resume(returning: manifest) }
        run.closing = []
    }

    /// Whether the run's nodes have delivered everything they have.
    private func haveFinished(_ run: ActiveRun, alsoAway: Bool) -> Bool {
        var finished: Set<String> = []
        for stream in streams.all.values where run.takesPart(stream.node) {
            if stream.hasFinished {
                finished.insert(stream.node)
            } else if stream.session != nil {
                return false
            }
        }
        return finished.isSuperset(of: alsoAway ? Set(run.ledger.accounts.keys) : run.awaited)
    }

    /// Closes a run that is over. While its files are summed up, agents and clients are served, but the run takes no more rows.
    private func close(_ run: ActiveRun, at now: Int64) async throws {
        if !run.isSealed {
            closeLanes()
            run.bookMissing()
            try commitIfPossible(at: now)
            guard !run.isPending else { return }
            for node in live.names { run.noteClock(live.facts(of: node)?.clock, of: node) }
            run.seal()
        }
        let files: [String: RunManifest.File]
        if let known = run.files {
            files = known
        } else {
            files = try await FinishedFiles(data: data, run: run.path, committed: run.directory.committed).summed()
            run.files = files
        }
        let manifest = try run.close(files: files, now: now)
        try data.clearActive()
        end(run, manifest)
    }

    /// Tells the callers who wait for the run to be closed that this is impossible now.
    func dismissWaiters(_ failure: ControlFailure) {
        guard let run = active else { return }
        for waiter in run.closing { waiter.resume(throwing: failure) }
        run.closing = []
    }
}
