import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Tests of the checks themselves: each plants a fault that an agent could have, and the checks must find it.
    @Suite("Faults planted in an agent") struct AgentPlants {
        /// An agent that was killed with frames in several segments of its spool, while the collector takes in and says nothing.
        private static func orphan(_ scene: Scene, _ collector: ScriptedCollector) async throws -> AgentLives {
            let lives = try AgentLives(scene, collector, options: ["--spool-limit", "512KiB"])
            try await lives.begin()
            collector.behave { $0.acknowledges = false }
            try await collector.outlasts(80)
            try await eventually("frames in two segments") { lives.segments.count { AgentLives.filled($0) > 0 } >= 2 }
            try await lives.kill()
            collector.crash()
            collector.behave { $0 = ScriptedCollector.Conduct() }
            return lives
        }

        private static func copy(_ from: String, to: String) throws {
            if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }

        /// Waits until the checks find a fault of one of these kinds.
        private static func found(_ kinds: String..., by lives: AgentLives) async throws {
            try await eventually("a fault like \(kinds)") {
                let ledger = lives.collector.ledger
                let faults = lives.faults(in: ledger, last: ledger.entries.last?.ticks.upperBound ?? 0)
                return kinds.contains { kind in faults.contains { $0.contains(kind) } }
            }
        }

        @Test("The account finds numbers that are given twice: the state directory is put back as it was before the last start")
        func numbersTwice() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.begin()
                try await lives.end()
                try Self.copy(lives.state, to: scene.path("before"))
                // Nothing may be left in the spool that is put back: it would have to come first, and is behind what the collector has by then.
                for name in try FileManager.default.contentsOfDirectory(atPath: scene.path("before/spool")) where name.hasSuffix(".segment")
                {
                    try FileManager.default.removeItem(atPath: scene.path("before/spool/\(name)"))
                }
                try await lives.start()
                try await eventually("frames of the second life") { collector.ledger.entries.count { $0.epoch == 2 } > 30 }
                try await lives.kill()
                try Self.copy(scene.path("before"), to: lives.state)
                try await lives.start()
                try await Self.found("has begun twice", by: lives)
                try await Self.found("has two payloads", by: lives)
            }
        }

        @Test("The account finds that an agent forgot what was acknowledged: its spool is put back as it was before")
        func forgotten() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try await Self.orphan(scene, collector)
                try Self.copy(lives.state + "/spool", to: scene.path("before"))
                try await lives.start()
                try await eventually("frames of the second life") { collector.ledger.entries.contains { $0.epoch == 2 } }
                try await lives.kill()
                try Self.copy(scene.path("before"), to: lives.state + "/spool")
                try await lives.start()
                try await Self.found("epoch 1 comes behind epoch 2", by: lives)
            }
        }

        @Test("The account finds frames that were deleted before they were acknowledged", arguments: [false, true])
        func deleted(isAll: Bool) async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try await Self.orphan(scene, collector)
                let segments = lives.segments
                for segment in isAll ? segments[...] : segments.prefix(1) { try FileManager.default.removeItem(atPath: segment) }
                try await lives.start()
                try await eventually("frames of the second life") { collector.ledger.entries.contains { $0.epoch == 2 } }
                try await Self.found(isAll ? "had to be kept" : "are gone on both sides", by: lives)
            }
        }

        @Test("The account finds a spool that is never synced, when the power is cut", .root)
        func neverSynced() async throws {
            try await Scene.run { scene in
                let disk = try await PowerCutDisk(scene)
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector, state: disk.path + "/state")
                let idle = Injection(scene, [.init("fsync,fdatasync", "retval=0")])
                try await lives.begin(prefix: idle.prefix)
                collector.behave { $0.isAway = true }
                try await collector.outlasts(225)
                #expect(idle.fired > 2, "no sync was one")
                let kept = try await lives.synced(idle)
                try disk.cut()
                try await lives.kill(keptUntil: kept)
                try await disk.restore()
                collector.behave { $0.isAway = false }
                try await lives.start()
                try await Self.found("had to be kept", "has begun twice", by: lives)
            }
        }
    }
}
