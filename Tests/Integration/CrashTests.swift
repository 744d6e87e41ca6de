import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Daemons that are killed.
    @Suite("Daemons that are killed") struct Crashes {
        @Test(
            "A collector that is killed and started again loses no row and doubles none", arguments: [[0], [7], [31], [58], [3, 20, 40]])
        func collectorKilled(atTicks moments: [UInt64]) async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                for node in ["east", "west"] { _ = try await scene.connectedAgent(collector, node: node) }
                try collector.control.start("crash", "interval=100ms&duration=6s&expect=2")
                for moment in moments {
                    let control = collector.control
                    // Counted in what is due, as a busy machine may leave out a tick.
                    try await eventually("tick \(moment)") { try control.status().run.map { $0.ticksDue > moment } ?? true }
                    try await collector.child.crash()
                    collector = try await scene.collector(like: collector)
                }
                try await collector.control.runOver()

                let run = try RecordedRun(collector.data + "/crash")
                try await run.checkFiles(scene)
                try run.checkLedger(nodes: ["east", "west"])
                try run.checkWhole("east", "west", ticks: 60)
            }
        }

        @Test("An agent that is killed and started again leaves a gap, which names exactly the ticks that are missing")
        func agentKilled() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector)
                try collector.control.start("gap", "interval=100ms")
                try await Self.rows(10, collector)
                try await agent.child.crash()
                let due = try collector.control.status().run?.ticksDue ?? 0
                // A restart is so quick that no tick might be missing.
                try await eventually("ticks without the agent") { try collector.control.status().run?.ticksDue ?? 0 >= due + 5 }
                let before = try collector.control.status().run?.rows["host"] ?? 0
                _ = try await scene.agent(collector, state: agent.state)
                try await Self.rows(before + 10, collector)
                let stopped = try await scene.sonde(collector, "stop")
                #expect(stopped.status == 2, "\(stopped)")

                let run = try RecordedRun(collector.data + "/gap")
                #expect(run.manifest.state == .incomplete)
                try await run.checkFiles(scene)
                let last = try #require(run.manifest.lastTick.map { Int($0) })
                let present = try run.ticks(of: "here")
                #expect(Set(present).count == present.count && present == present.sorted())
                let missing = Set(0...last).subtracting(present)
                let gaps = try run.table("gaps").rows
                let named = try gaps.flatMap { row in
                    try (#require(row.integer("from_tick"))...#require(row.integer("to_tick"))).map { Int($0) }
                }
                #expect(
                    !missing.isEmpty && Set(named) == missing && named.count == missing.count, "named \(named), missing \(missing.sorted())"
                )
                #expect(gaps.allSatisfy { $0["node"] == "here" && $0["reason"] != nil } && gaps.contains { $0["reason"] == "away" })
                #expect(run.manifest.nodes.first?.missing?.values.reduce(0, +) == UInt64(missing.count))
                #expect(run.manifest.verdict?.contains("\(missing.count) of \(last + 1) ticks") == true, "\(run.manifest.verdict ?? "")")
            }
        }

        /// Waits until the host table has this many rows on the disk.
        private static func rows(_ count: UInt64, _ collector: Collector) async throws {
            try await eventually("\(count) rows on the disk") { try collector.control.status().run?.rows["host"] ?? 0 >= count }
        }
    }
}
