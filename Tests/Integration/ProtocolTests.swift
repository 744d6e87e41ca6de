import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// docs/PROTOCOL.md is sufficient to write an agent.
    @Suite("Foreign agents") struct ForeignAgents {
        @Test("A minimal agent in Python that knows only the document takes part in a run, its columns mapped by name")
        func minimalAgent() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "real")
                _ = try scene.start(
                    "python3", [Checkout.tests + "/Integration/minimal_agent.py", "127.0.0.1", "\(collector.port)", "small"])
                try await eventually("the minimal agent") { try collector.control.instances().nodes.contains { $0.node == "small" } }
                try collector.control.start("foreign", "interval=200ms&duration=3s&expect=2")
                try await collector.control.runOver()

                let run = try RecordedRun(collector.data + "/foreign")
                try await run.checkFiles(scene)
                try run.checkWhole("real", ticks: 15)
                // It makes up for each tick that it comes too late for.
                #expect(try run.ticks(of: "small", in: "host") == Array(0..<15))
                let host = try run.table("host")
                #expect(!host.header.contains("moon_phase"))
                let small = host.rows.filter { $0.node == "small" }
                let real = host.rows.filter { $0.node == "real" }
                #expect(
                    small.allSatisfy { $0["load1"] != nil && $0["load5"] != nil && $0["load15"] == nil && $0["memory_total_bytes"] == nil })
                // Both read the same file, which changes every five seconds: some reading is of the same moment, whoever is late.
                func loads(_ rows: [CSVTable.Row]) -> Set<[Double?]> { Set(rows.map { [$0.decimal("load1"), $0.decimal("load5")] }) }
                #expect(!loads(small).isDisjoint(with: loads(real)), "\(loads(small)) and the real agent's \(loads(real))")
                let events = try run.table("event").rows.filter { $0.node == "small" && $0["kind"] == "action" }
                #expect(events.map(\.tick) == Array(0..<15) && events.allSatisfy { $0["message"] == "a tick, \"quoted\"" })
            }
        }
    }
}
