import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.RemoteWriteSuite {
    @Test(
        "A store that is away for a while gets all it has missed, in order, and nothing that it had is gone: Prometheus killed, VictoriaMetrics stopped",
        .stores, arguments: MetricsStore.Kind.allCases)
    func storeAway(kind: MetricsStore.Kind) async throws {
        try await Scene.run { scene in
            let store = try await MetricsStore(kind, scene)
            let collector = try await scene.collector(options: ["--remote-write", store.url])
            for node in ["east", "west"] { _ = try await scene.connectedAgent(collector, node: node) }
            try collector.control.start("away", "interval=200ms&expect=2")
            try await collector.control.ticks(10, of: "east")
            // A VictoriaMetrics that is killed loses what it has taken in the last seconds: it says so itself.
            if kind == .prometheus { try await store.child.crash() } else { try await store.child.terminate() }
            try await collector.control.ticks(30, of: "east")
            // Recording goes on, and the status says what waits.
            try await eventually("word of it") {
                guard let report = try collector.control.status().remoteWrite?.first else { return false }
                return !report.up && report.reason != nil && report.pendingBytes > 0 && report.lagMs > 0
                    && report.failures["connection"] ?? 0 > 0
            }
            try await store.startAgain()
            try await collector.control.ticks(45, of: "east")
            _ = try collector.control.stop()
            let run = try RecordedRun(collector.data + "/away")
            try run.checkWhole("east", "west")
            for node in ["east", "west"] { try await ExpectedSamples(run, node: node).arrive(in: store) }
            try store.expectInOrder()
            try await eventually("a target that is up and has it all") {
                guard let report = try collector.control.status().remoteWrite?.first else { return false }
                return report.up && report.reason == nil && report.lost.isEmpty
            }
        }
    }

    @Test(
        "A collector that is killed again and again, with its store there or away, and its agent, too: each tick of the run is in the store",
        .stores, arguments: MetricsStore.Kind.allCases)
    func senderKilled(kind: MetricsStore.Kind) async throws {
        try await Scene.run { scene in
            let store = try await MetricsStore(kind, scene)
            let options = ["--remote-write", store.url]
            var collector = try await scene.collector(options: options)
            let agent = try await scene.connectedAgent(collector)
            try collector.control.start("killed", "interval=100ms&expect=1")
            for ticks in [8, 20, 35] as [UInt64] {
                try await collector.control.ticks(ticks, of: "here")
                try await collector.child.crash()
                collector = try await scene.collector(like: collector, options: options)
            }
            // With the store away, and both ends killed: what waits is on the disk.
            try await store.child.terminate()
            try await collector.control.ticks(50, of: "here")
            try await collector.child.crash()
            try await agent.child.crash()
            collector = try await scene.collector(like: collector, options: options)
            _ = try await scene.agent(collector, state: agent.state)
            try await store.startAgain()
            try await collector.control.ticks(70, of: "here")
            _ = try collector.control.stop()
            let run = try RecordedRun(collector.data + "/killed")
            try await ExpectedSamples(run, node: "here").arrive(in: store)
        }
    }

    @Test(
        "Beyond its bound the queue drops the oldest ticks, counts them and says so; the newest arrive when the store is there again",
        .stores)
    func queueFull() async throws {
        try await Scene.run { scene in
            let store = try await MetricsStore(.victoriaMetrics, scene)
            try await store.child.terminate()
            let collector = try await scene.collector(options: ["--remote-write", store.url, "--remote-write-queue", "1MiB"])
            _ = try await scene.agent(collector, interval: "20ms")
            let report = try await eventually("ticks that are dropped", every: .milliseconds(100)) {
                let report = try collector.control.status().remoteWrite?.first
                #expect(report.map { $0.pendingBytes <= $0.limitBytes } ?? true, "\(String(describing: report))")
                return report?.dropped["queue_full"] ?? 0 > 0 ? report : nil
            }
            #expect(report.limitBytes == 1 << 20 && !report.up)
            try await collector.child.says("is full: its oldest ticks are dropped")
            let metrics = try collector.control.send("GET", "/metrics").text
            let dropped = metrics.firstMatch(of: /sonde_remote_write_dropped_samples_total\{[^}]*reason="queue_full"\} ([0-9.e+]+)/)
            #expect(dropped.flatMap { Double($0.1) } ?? 0 >= Double(report.dropped["queue_full"] ?? 0))

            let restart = Date().timeIntervalSince1970
            try await store.startAgain()
            let times = try await eventually("values of before and after", every: .milliseconds(200)) {
                let times = try store.query("node_time_seconds{node=\"here\"}[1h]").first?.points.map(\.value) ?? []
                return times.last ?? 0 > restart && times.first ?? .infinity < restart ? times : nil
            }
            #expect(times == times.sorted() && Set(times).count == times.count)
            try store.expectInOrder()
        }
    }
}
