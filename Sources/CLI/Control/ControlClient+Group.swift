import NIOCore
import NIOHTTP1
import StatsCore

/// What several collectors need to record a run together.
extension ControlClient {
    /// Makes a run that waits for `begin` until the other collectors of the group are ready, too.
    func hold(_ run: GroupRun, group: String) async throws -> HeldReport {
        let query = PathEncoding.query(
            [
                ("interval", run.interval?.description), ("duration", run.duration?.description), ("note", run.note), ("group", group),
            ] + run.labels.map { ("label", $0) })
        return try await ask(.POST, "/start/\(PathEncoding.run(run.name))\(query)", within: .seconds(30))
    }

    /// Begins the run that waits.
    func begin(_ group: RecordingGroup) async throws -> RunReport {
        let (path, body) = ("/group/\(group.id)/begin", try JSONCoding.encode(group))
        return try decode(await answer(.POST, path, body: body).body, .POST, path)
    }

    /// Takes the run of a group away that waits, or has just begun.
    func disarm(_ group: String) async throws -> DisarmReport { try await ask(.POST, "/group/\(group)/disarm") }

    /// What its clock says.
    func clock() async throws -> ClockReport { try await ask(.GET, "/clock") }

    /// Measures how far the collector's clock is ahead of this process's monotonic clock, by several exchanges of which the one with the shortest round trip counts (RFC 5905,
    /// section 8). The first ones also open a connection, and are as long.
    /// - Throws: `CommandFailure`, also when no exchange makes sense, as the clock was set meanwhile.
    func measureClock(exchanges: Int = 12) async throws -> OffsetEstimator.Estimate {
        var estimator = OffsetEstimator(window: exchanges)
        for _ in 0..<exchanges {
            let sent = Clocks.monotonicMicroseconds()
            let report = try await clock()
            estimator.note(t1: sent, t2: report.receivedUs, t3: report.sentUs, t4: Clocks.monotonicMicroseconds())
        }
        guard let estimate = estimator.estimate else {
            throw CommandFailure(
                code: "bad_answer", message: "The clock of \(endpoint) can't be measured: its answers are from another time.")
        }
        return estimate
    }
}
