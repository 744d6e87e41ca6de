import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// A spool whose quota is too small.
    @Suite("A spool's limit") struct AgentQuota {
        /// An agent whose ticks fill 256 KiB within a second, with a collector that has some of them.
        private static func ticking(_ scene: Scene) async throws -> (ScriptedCollector, AgentLives) {
            let collector = try scene.scriptedCollector()
            let host = try KernelFixture(scene, tickBytes: 8_000)
            let lives = try AgentLives(scene, collector, options: ["--spool-limit", "256KiB"] + host.options)
            try await lives.begin()
            return (collector, lives)
        }

        @Test(
            "Beyond the spool's limit the oldest ticks are dropped and named, and every other tick arrives, though the agent was killed meanwhile"
        )
        func away() async throws {
            try await Scene.run { scene in
                let (collector, lives) = try await Self.ticking(scene)
                collector.behave { $0.isAway = true }
                for _ in 0..<2 {
                    try await eventually("word of the full spool") { try lives.child.errors.contains("the spool is full") }
                    try await lives.spools()
                    try await lives.kill()
                    try await lives.start()
                }
                // The last life's frames are the newest, so that they are never dropped.
                try await lives.spools()
                let ledger = try await lives.settle()
                #expect(ledger.named(.spoolFull).count > 5, "ticks were dropped, and named: \(ledger.named(.spoolFull).count)")
                #expect(ledger.entries.contains { $0.reason == nil && $0.epoch == 3 }, "what was not dropped arrived")
            }
        }

        /// Up to which number the agent says that it has dropped frames.
        private static func dropped(_ child: Child) -> UInt64 {
            child.errors.matches(of: /through=(\d+)/).compactMap { UInt64($0.1) }.max() ?? 0
        }

        @Test(
            "Frames that a collector took in and forgot are taken back by gaps that name exactly their ticks, once the spool has dropped them"
        )
        func takenBack() async throws {
            try await Scene.run { scene in
                let (collector, lives) = try await Self.ticking(scene)
                // The collector reads and never acknowledges.
                collector.behave { $0.acknowledges = false }
                let settled = collector.ledger.accepted
                try await eventually("frames that the collector has and the spool has dropped") {
                    try min(collector.ledger.accepted, Self.dropped(lives.child)) > settled + 15
                }
                collector.crash()
                let ledger = try await lives.settle()
                #expect(ledger.withdrawn > 10, "\(ledger.withdrawn) frames were taken back")
                #expect(ledger.named(.spoolFull).count >= ledger.withdrawn)
            }
        }
    }
}
