import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("Signals") struct Signals {
        @Test(
            "SIGTERM, SIGINT and SIGHUP end both daemons in order: what was read is delivered, and committed",
            arguments: [SIGTERM, SIGINT, SIGHUP])
        func graceful(signal: Int32) async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector)
                try collector.control.start("ended", "interval=100ms")
                try await collector.control.ticks(3, of: "here")
                agent.child.signal(signal)
                #expect(try await agent.child.ended() == 0)
                let account = try await eventually("the agent's end") {
                    try collector.control.status().nodes.first { $0.node == "here" && !$0.isConnected }
                }
                collector.child.signal(signal)
                #expect(try await collector.child.ended() == 0)
                let run = try RecordedRun(collector.data + "/ended")
                #expect(try run.table("agent").rows.count >= Int(account.ticks ?? 0) && account.ticks ?? 0 >= 3)
            }
        }
    }
}
