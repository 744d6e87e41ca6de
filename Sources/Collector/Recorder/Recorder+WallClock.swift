import Logging
import StatsCore

extension Recorder {
    /// By how much (µs) the wall clock and a run's time part before the run says so.
    private static let notable: Int64 = 1_000_000

    /// Between runs the collector's clock follows the wall clock.
    func followWallClock() {
        guard active == nil, arming == nil, held == nil, let step = clock.follow() else { return }
        // What was noted by the clock as it was.
        lastCommit = lastCommit.map { $0 + step }
        retryAt = .min
        if step.magnitude > UInt64(Self.notable) {
            logger.notice("the wall clock was set, and the collector's clock follows", metadata: [LogKey.ahead: "\(step) us"])
        }
    }

    /// During a run the collector's clock stays as it is. When the wall clock parts from it, because it was set or this machine was paused, the
    /// run says from which tick on and by how much.
    func watchWallClock(at now: Int64) {
        guard let run = active, !run.isSealed, let ahead = clock.wallAhead,
            ahead.saturatingSubtracting(run.manifest.wallClockAheadUs).magnitude > UInt64(Self.notable)
        else { return }
        let step = run.note(wallClockAhead: ahead, at: now)
        note("wall clock set", message: step.text, node: "", in: run, now: now)
        logger.warning(
            "the wall clock has parted from the run's time", metadata: [LogKey.run: "\(run.path)", LogKey.ahead: "\(ahead) us"])
    }
}
