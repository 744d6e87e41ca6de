import Logging
import NIOPosix
import StatsCore

/// Pins and removes runs, on threads that may block. Each removal has a line in the log and an event for those who look on.
struct RunCare: Sendable {
    let data: DataDirectory
    let recorder: Recorder
    let live: NewestTicks
    let clock: CollectorClock
    let logger: Logger

    /// Removes a run.
    /// - Parameters:
    ///   - reason: for log and event.
    ///   - isAllowed: see `DataDirectory.takeAway`.
    /// - Returns: what it said of itself.
    /// - Throws: as `DataDirectory.takeAway`; `run_active`.
    func remove(
        _ run: RunPath, because reason: String, isAllowed: @escaping @Sendable (RunListing) throws -> Void = { _ in }
    ) async throws -> RunListing {
        try await recorder.checkIdle(run)
        let listing = try await NIOThreadPool.singleton.runIfActive { try data.takeAway(run, isAllowed: isAllowed) }
        let size = ByteSize.text(listing.diskBytes ?? 0)
        logger.notice(
            "run removed", metadata: [LogKey.run: "\(run)", LogKey.reason: "\(reason)", LogKey.bytes: "\(listing.diskBytes ?? 0)"])
        live.note(event: "run removed", "\(run) (\(size)): \(reason)", at: clock.now())
        await clear()
        return listing
    }

    /// Frees the disk of what was taken away. What can't be removed now is tried again at the next start: the run is gone either way.
    func clear() async {
        do {
            try await NIOThreadPool.singleton.runIfActive { try data.clearRemoved() }
        } catch {
            logger.warning("files of a removed run could not be removed", metadata: [LogKey.reason: "\(error)"])
        }
    }

    /// - Returns: the run as it is then.
    /// - Throws: as `DataDirectory.pin`.
    func pin(_ run: RunPath, _ isPinned: Bool) async throws -> RunListing {
        try await NIOThreadPool.singleton.runIfActive {
            try data.pin(run, isPinned)
            return try listing(run)
        }
    }

    /// - Throws: `not_found` when there is no such run, `run_active` when it is in progress.
    func check(_ run: RunPath) async throws {
        try await recorder.checkIdle(run)
        _ = try await NIOThreadPool.singleton.runIfActive { try listing(run) }
    }

    private func listing(_ run: RunPath) throws -> RunListing {
        guard let directory = try? data.open(run), let listing = RunCatalogue.listing(of: directory) else {
            throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
        }
        return listing
    }
}
