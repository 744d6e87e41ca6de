import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Two agents where only one may be.
    @Suite("Two agents where there may be one") struct AgentIdentity {
        @Test("A second agent with the same state directory is refused and says why, and the first notices nothing")
        func locked() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try collector.start(interval: 20_000)
                try await lives.start()
                let second = try scene.start(
                    Products.agent, ["--collector", "127.0.0.1:\(collector.port)", "--node", "second", "--state", lives.state])
                #expect(try await second.ended() == 1)
                #expect(second.errors.contains("another agent uses the state directory \(lives.state)"), "\(second.errors)")
                try await eventually("ticks of the first") { collector.ledger.entries.count > 20 }
                try await lives.settle()
            }
        }

        @Test(
            "Of two agents with copies of one state directory the collector keeps out one, which says what to do",
            arguments: ["here", "elsewhere"])
        func copied(node: String) async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let first = try await scene.connectedAgent(collector)
                let copy = scene.path("copy")
                try FileManager.default.copyItem(atPath: first.state, toPath: copy)
                try collector.control.start("clone", "interval=100ms")
                let second = try await scene.agent(collector, node: node, state: copy)
                // The copy begins one epoch later. Under the same name, the original is then the stale one.
                let (out, code) = node == "here" ? (first.child, "stale_epoch") : (second.child, "cloned")
                try await eventually("word of the copy in the log") {
                    out.errors.contains(code) && out.errors.contains("remove its state directory")
                }
                try await eventually("rows after that") { try collector.control.status().run?.rows["host"] ?? 0 > 20 }
                #expect(try collector.control.instances().nodes.count { $0.isConnected } == 1)
                let manifest = try collector.control.stop()
                try await RecordedRun(collector.data + "/clone").checkFiles(scene)
                #expect(manifest.nodes.map(\.node) == ["here"])
            }
        }
    }
}
