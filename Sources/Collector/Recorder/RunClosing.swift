import Logging
import NIOPosix
import StatsCore

/// Closes a run that nobody records any more with what is on the disk: one of `sonde record` whose disk was full or whose machine died, or of a collector that won't come back.
struct RunClosing {
    let data: DataDirectory
    let logger: Logger

    /// Closes the run. Its last tick is the last that is on the disk.
    /// - Throws: `StartFailure` that says why it can't be closed: it is closed, somebody records it, or the disk is still full. It stays as it is then, and can be closed later.
    func close(_ name: String) async throws -> RunManifest {
        do {
            let path = try RunPath(name)
            let directory = try data.open(path)
            // Held until the end: what a collector that starts meanwhile, or another of these, would do to the files.
            guard directory.lock() else {
                throw StartFailure("somebody records the run \(name), or works on its files. `sonde stop` closes a run in progress")
            }
            try stop(directory, name)
            let clock = CollectorClock.anchored()
            try data.noteActive(ActiveNote(run: path, clock: clock))
            let counters = RefusalCounters()
            let recorder = Recorder(
                data: data, live: NewestTicks(costLimit: 0, most: 0, clock: clock, counters: counters), counters: counters, clock: clock,
                logger: logger, thread: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            try await recorder.resume()
            return try await closed(by: recorder)
        } catch let error as DiskError {
            throw StartFailure("the run \(name) can't be closed: \(error)")
        } catch let failure as ControlFailure {
            throw StartFailure("the run \(name) can't be closed: \(failure.message)")
        }
    }

    /// Writes into run.json that the run was stopped at its last durable tick.
    private func stop(_ directory: borrowing Descriptor, _ name: String) throws {
        var manifest: RunManifest
        let log: [UInt8]
        do {
            manifest = try RunManifest(decoding: directory.file(RunFiles.manifest).contents())
            log = try directory.file(RunFiles.commitLog).contents()
        } catch let error as DiskError where error.isAbsent {
            throw StartFailure("the directory \(name) holds no run, or one that never began: \(error)")
        }
        guard manifest.state.isActive else {
            throw StartFailure("the run \(name) is closed: \(manifest.verdict ?? manifest.state.rawValue)")
        }
        guard let last = CommitCoder.fold(log) else {
            throw StartFailure("the run \(name) can't be closed: its \(RunFiles.commitLog) is damaged")
        }
        if manifest.state != .stopping { manifest.lastTick = RunLedger(accounts: last.record.ticks).highestTick }
        (manifest.state, manifest.abandoned) = (.stopping, true)
        try directory.replace(RunFiles.manifest, with: manifest.encoded())
    }

    private func closed(by recorder: Recorder) async throws -> RunManifest {
        try await withThrowingTaskGroup(of: RunManifest?.self) { tasks in
            tasks.addTask { try await recorder.stop() }
            tasks.addTask {
                while !Task.isCancelled {
                    try await recorder.beat()
                    try? await Task.sleep(for: Recorder.commitPeriod)
                }
                return nil
            }
            defer { tasks.cancelAll() }
            while let finished = try await tasks.next() { if let manifest = finished { return manifest } }
            throw CancellationError()
        }
    }
}
