import StatsCore
import Testing

@testable import CLI

@Suite("sonde status") struct StatusTextTests {
    private func node(_ name: String, isConnected: Bool = true) -> NodeReport {
        var node = NodeReport(
            node: name, agent: "a", monitor: "OSMonitor_192_168_100_100_\(name)", address: "::1", isConnected: isConnected, containers: 120,
            processes: 4000, version: "0.1.0")
        node.ticks = 8_640_000
        node.missing = [:]
        return node
    }

    private func report(_ nodes: [NodeReport], blocked: String? = nil) -> StatusReport {
        StatusReport(
            collector: StatusReport.Collector(
                version: "0.1.0", uptimeS: 90_000, listen: "0.0.0.0:9822", control: "127.0.0.1:9880", data: "/data",
                diskFreeBytes: 5 << 30, blocked: blocked, lastCommitAgeMs: 80, missingTicks: [:], refused: [:]),
            run: nil, nodes: nodes)
    }

    @Test("Each receiver of remote write has a line: what it has, what waits, what it will never have, and why")
    func remoteWrite() {
        var status = report([node("n1")])
        var well = RemoteWriteReport(url: "http://a/w", version: "1.0", limitBytes: 1 << 30)
        well.samples = 17
        var away = RemoteWriteReport(url: "http://b/w", version: "1.0", limitBytes: 1 << 30)
        (away.up, away.reason, away.pendingBytes, away.lagMs) = (false, "nobody listens at b", 3 << 20, 90_000)
        away.dropped = ["queue_full": 5, "refused": 0]
        status.remoteWrite = [well, away]
        let lines = status.text.split(separator: "\n")
        #expect(lines.contains("Sent to    http://a/w: 17 samples"), "\(lines)")
        let line = lines.first { $0.hasPrefix("NOT TAKEN  http://b/w: 0 samples, 3") } ?? ""
        #expect(line.contains("wait, the oldest 1m 30s, dropped: queue_full 5; nobody listens at b"), "\(lines)")
        #expect(!report([node("n1")]).text.contains("Sent to"))
    }

    @Test("The status shows what every node has delivered, misses and still keeps, when rows were made durable last, and what stops them")
    func all() {
        var behind = node("n1")
        behind.missing = ["away": 12, "overrun": 3]
        behind.backlogFrames = 600
        behind.backlogBytes = 5 << 20
        behind.lastTickAgeMs = 60
        behind.clockOffsetUs = -2500
        var away = node("n2", isConnected: false)
        away.missing = ["away": 1]
        #expect(
            report([behind, away], blocked: "cannot write host.csv: No space left on device").text == """
                Collector  0.1.0, up 1d 1h, agents on 0.0.0.0:9822, control on 127.0.0.1:9880
                Data       /data, 5.0 GiB free, last commit 80ms ago
                BLOCKED    cannot write host.csv: No space left on device
                Run        none; `sonde start NAME` starts one
                Missing    away 13, overrun 3 ticks
                NODE  STATE        TICKS  MISSING       BACKLOG  LAST TICK  CLOCK
                n1    connected  8640000       15  600, 5.0 MiB       60ms   -2ms
                n2    away       8640000        1             -          -      -
                """)
    }

    @Test(
        "A run's line says how much of it has passed and, before its first tick, how long it is to last",
        arguments: [
            (0, nil, "armed, every 200ms, from"), (0, 60_000_000, "armed, every 200ms, to last 1m, from"),
            (12_000_000, nil, "armed, every 200ms, for 12s, from"), (12_000_000, 60_000_000, "armed, every 200ms, for 12s of 1m, from"),
        ] as [(Int64, Int64?, String)])
    func run(elapsed: Int64, duration: Int64?, words: String) {
        let run = RunReport(
            id: "i", name: "x", state: .armed, intervalUs: 200_000, t0: "T", elapsedUs: elapsed, durationUs: duration, note: nil,
            ticksDue: 0,
            rows: [:], lastCommitAgeMs: nil, directory: "/d")
        #expect(run.text.hasPrefix("Run        x: \(words) T"), "\(run.text)")
    }

    @Test("The status says how many rows aren't shown live, of all nodes together")
    func leftOut() {
        var (large, larger) = (node("n1"), node("n2"))
        large.leftOut = ["container": 700, "process": 9]
        larger.leftOut = ["container": 1000]
        let lines = report([large, larger, node("n3")]).text.split(separator: "\n")
        #expect(lines.contains("Not shown  container 1700, process 9 rows, for which live values have no room"), "\(lines)")
        #expect(!report([node("n3")]).text.contains("Not shown"))
    }

    @Test("The status fits 100 columns, with figures as large as they get")
    func width() {
        var wide = node("node-with-a-name-of-24-b")
        wide.missing = ["away": 8_640_000]
        wide.backlogFrames = 1_000_000
        wide.backlogBytes = 256 << 20
        wide.lastTickAgeMs = 86_399_000
        wide.clockOffsetUs = -86_399_000_000
        for line in report([wide]).text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }
}
