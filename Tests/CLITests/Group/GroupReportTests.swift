import ArgumentParser
import StatsCore
import Testing

@testable import CLI

@Suite("What several collectors answer") struct GroupReportTests {
    private static let away = CommandFailure.unreachable(Endpoint(host: "c2", port: 9880), because: "Connection refused")

    private static func status(_ collector: String, _ names: [String], recording: Bool = true) -> CollectorAnswer<StatusReport> {
        var report = StatusReport(
            collector: StatusReport.Collector(
                version: "1", uptimeS: 5, listen: "l", control: "c", data: "d", diskFreeBytes: 6, blocked: nil, lastCommitAgeMs: 7,
                missingTicks: [:], refused: [:]), run: nil, nodes: [])
        if recording {
            report.run = RunReport(
                id: "r", name: "x", state: .recording, intervalUs: 1_000_000, t0: "2026-11-21T08:00:00.000000Z", elapsedUs: 5,
                durationUs: nil, note: nil, ticksDue: 1, rows: [:], lastCommitAgeMs: 7, directory: "/data/x")
            report.run?.group = RecordingGroup(
                id: "g", place: names.firstIndex(of: collector) ?? 0,
                collectors: names.map { RecordingGroup.Member(collector: $0, t0Us: 1000, clockAheadUs: 0, clockErrorUs: 250) })
        }
        return CollectorAnswer(collector: collector, result: .success(report))
    }

    @Test("The status of a run says on how many collectors it goes on, who is away, who has lost it and who wasn't asked")
    func status() throws {
        let names = ["c1:9880", "c2:9880", "c3:9880", "c4:9880"]
        let report = GroupReport([
            Self.status("c1:9880", names), CollectorAnswer(collector: "c2:9880", result: .failure(Self.away)),
            Self.status("c3:9880", names, recording: false),
        ])
        let lines = report.text.split(separator: "\n").prefix(4).map(String.init)
        #expect(
            lines == [
                "Run        x: recording on 1 of 4 collectors, one grid to within 0.500 ms",
                "Not in it  c3:9880: recorded it, and no longer does", "Not asked  c4:9880, which records it, too", "AWAY       c2:9880",
            ], "\(report.text)")
        #expect(report.text.contains("== c2:9880\nError: No collector answers on c2:9880: Connection refused."))
        #expect(throws: Self.away.status) { try report.checkAnswers() }
        #expect(throws: Never.self) { try GroupReport([Self.status("c1:9880", names)]).checkAnswers() }
    }

    @Test("A collector that answers, but not what was asked, is not away")
    func refused() {
        let failure = CommandFailure(code: "unauthorized", message: "a token is missing")
        let report = GroupReport([
            Self.status("c1:9880", ["c1:9880", "c2:9880"]), CollectorAnswer(collector: "c2:9880", result: .failure(failure)),
        ])
        #expect(report.text.contains("\nNO STATUS  c2:9880\n") && !report.text.contains("AWAY"), "\(report.text)")
        #expect(throws: ExitCode.failure) { try report.checkAnswers() }
    }

    @Test("The verdict of a run is complete when each part is, and else names the collectors and what they lack")
    func verdict() throws {
        func part(_ name: String, missing: Bool = false) throws -> CollectorAnswer<RunManifest> {
            var manifest = try VerifyRunBuilder(missing: missing).manifest
            manifest.state = missing ? .incomplete : .complete
            return CollectorAnswer(collector: name, result: .success(manifest))
        }
        let good = try GroupStopReport(collectors: [part("c1:9880"), part("c3:9880")], others: [])
        #expect(good.isComplete && good.verdict == "complete: 6 ticks on each of 4 nodes of 2 collectors")
        let bad = try GroupStopReport(
            collectors: [
                part("c1:9880"), CollectorAnswer(collector: "c2:9880", result: .failure(Self.away)), part("c3:9880", missing: true),
            ],
            others: ["c4:9880"])
        #expect(
            !bad.isComplete
                && bad.verdict
                    == "incomplete: c2:9880 has no verdict: No collector answers on c2:9880: Connection refused; c3:9880 is incomplete: node b misses 2 of 6 ticks (2 away); c4:9880 records it, too, and was not stopped",
            "\(bad.verdict)")
        #expect(try !GroupStopReport(collectors: [part("c1:9880")], others: ["c4:9880"]).isComplete)
    }
}
