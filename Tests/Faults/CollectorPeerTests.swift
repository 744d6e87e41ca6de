import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Misbehaving peers must not affect the fleet.
    @Suite("Peers of a collector") struct CollectorPeers {
        @Test("Connections that are reset in mid-frame, at any kind of frame, cost nothing but a reconnection")
        func resets() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let life = try await CollectorLife(scene, bulk: 8)
                for round in 0..<FaultPlan.count(short: 40, long: 1000) {
                    let agent = life.fleet[round % 4]
                    agent.with { $0.conditions.cut = Double(random.next() % 1000) / 1000 }
                    try await eventually("a reset") { agent.with { $0.conditions.cut == nil } }
                }
                #expect(life.fleet.agents.allSatisfy { $0.conditions.cuts > 0 && $0.conditions.welcomes > 1 })
                for message in ["hello", "ping", "fin", "gap", "tick", "error"] {
                    for count in [1, 4, 5, 60] {
                        let peer = try Peer(life.collector)
                        if message != "hello" {
                            try peer.hello(node: "torn")
                            _ = try peer.receive("welcome")
                        }
                        peer.send(
                            raw: Array(
                                ([0, 0, 1, 0] + Array("{\"type\":\"\(message)\",\"node\":\"torn\",\"t1\":1,\"seq\":1}".utf8)).prefix(count))
                        )
                        peer.close()
                    }
                }
                let run = try await life.finishBeside()
                #expect(run.manifest.nodes.contains { $0.node == "torn" })
            }
        }

        @Test("Frames that a peer sends twice, in disorder and with holes are stored once and in order, and the others don't notice")
        func disorder() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene)
                let careless = life.fleet[0]
                careless.with { $0.conditions.disorder = FaultPlan.random() }
                try await life.fleet.progress(FaultPlan.isLong ? 1500 : 300)
                let control = life.collector.control
                try await eventually("frames that are missing, and frames that are doubled") {
                    try careless.conditions.rewinds > 0 && control.status().collector.refused["sent_twice"] ?? 0 > 0
                }
                careless.with { $0.conditions.disorder = nil }
                #expect(life.fleet.agents.allSatisfy { $0.conditions.welcomes == 1 })
                #expect(life.fleet.agents.dropFirst().allSatisfy { $0.conditions.rewinds == 0 })
                try await scene.verify(try await life.finish())
            }
        }
    }
}
