import StatsCore
import Testing

extension Scene {
    /// Runs `sonde verify` on a closed run: it must find no fault, and the same verdict as the manifest has.
    func verify(_ run: RecordedRun) async throws {
        let verdict = try await command(Products.cli, ["verify", run.directory])
        #expect(verdict.status == (run.manifest.state == .complete ? 0 : 2), "\(verdict)")
    }
}
