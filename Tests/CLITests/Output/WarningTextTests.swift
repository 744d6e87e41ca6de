import StatsCore
import Testing

@testable import CLI

@Suite("Warnings of what spoils measurements") struct WarningTextTests {
    private let warning = EnvironmentWarning(code: "turbo", message: "a\u{1b}: turbo is on. Turn it off.", nodes: 1)

    @Test("The answer to a start and the status show them, with what differs from the run before, and no control characters")
    func start() {
        var run = RunReport(
            id: "id", name: "exp-3", state: .armed, intervalUs: 1_000_000, t0: "2026-11-27T09:00:00.000000Z", elapsedUs: 0, durationUs: nil,
            note: nil, ticksDue: 0, rows: [:], lastCommitAgeMs: nil, directory: "/data/exp-3")
        run.warnings = [warning]
        run.environmentComparison = EnvironmentComparison(run: "exp-2", all: ["Turbo was off, is on (a)"])
        #expect(
            run.text.split(separator: "\n").suffix(2) == [
                "Warning    a\\x1b: turbo is on. Turn it off.", "Differs    Other than in run exp-2: Turbo was off, is on (a).",
            ])
        let collector = StatusReport.Collector(
            version: "1", uptimeS: 1, listen: "a", control: "b", data: "/d", diskFreeBytes: nil, blocked: nil, lastCommitAgeMs: nil,
            missingTicks: [:], refused: [:])
        var status = StatusReport(collector: collector, run: nil, nodes: [])
        status.warnings = [warning]
        #expect(status.text.contains("\nWarning    a\\x1b: turbo is on."))
        status.warnings = nil
        #expect(!status.text.contains("Warning"))
    }
}
