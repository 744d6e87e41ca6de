import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Faults of the disk that holds an agent's state directory.
    @Suite("An agent's disk") struct AgentDisks {
        @Test("A power cut takes from an agent only what was too young to be synced, and no number is given twice", .root)
        func powerCut() async throws {
            for round in 0..<FaultPlan.count(short: 1, long: 12) {
                try await Scene.run { scene in
                    var random = FaultPlan.random("powerCut\(round)")
                    let disk = try await PowerCutDisk(scene)
                    let collector = try scene.scriptedCollector(random)
                    let lives = try AgentLives(scene, collector, state: disk.path + "/state", options: ["--spool-limit", "4MiB"])
                    let syncs = Injection(scene, [], watching: "fdatasync")
                    try await lives.begin(interval: 10_000, prefix: syncs.prefix)
                    collector.behave { if round % 2 == 0 { $0.isAway = true } else { $0.acknowledges = false } }
                    try await collector.outlasts(.random(in: 220...350, using: &random))
                    let kept = try await lives.synced(syncs)
                    try disk.cut()
                    try await lives.kill(keptUntil: kept)
                    collector.crash()
                    try await disk.restore()
                    try await lives.start()
                    let ledger = try await lives.settle()
                    let required = try lives.required(last: #require(ledger.entries.last).ticks.upperBound, in: ledger)
                    #expect(required.contains { $0.count > 20 }, "ticks of the first life had to be on the disk: \(required)")
                    #expect(ledger.epoch == 2, "the agent has moved on")
                }
            }
        }

        @Test("An agent whose disk is full keeps frames in memory, then names what it can't keep, and heals when there is room", .root)
        func full() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 24 * 1024)
                let collector = try scene.scriptedCollector()
                let host = try KernelFixture(scene, tickBytes: 100_000)
                let lives = try AgentLives(scene, collector, state: disk.path + "/state", options: host.options)
                try await lives.begin()
                try disk.fill()
                collector.behave { $0.acknowledges = false }
                try await eventually("word of the full disk") { try lives.child.errors.contains("the spool can't be written") }
                // All that was kept has come, and ticks go by without one.
                try await eventually("8 MiB in memory and no tick kept any more") {
                    collector.tally.lastPing?.backlogBytes ?? 0 >= 8 << 20 && collector.ticksBehind > 25
                }
                try disk.free()
                try await eventually("a spool that works again") { try lives.child.errors.contains("the spool works again") }
                let ledger = try await lives.settle()
                #expect(!ledger.named(.spoolFull).isEmpty, "ticks were dropped, and named")
            }
        }

        @Test(
            "An agent whose disk fails to write or to sync goes on, loses no tick and doubles none", .root,
            arguments: [
                // An agent whose first calls fail doesn't start at all, so the faults begin later.
                ["fdatasync", "error=EIO", "1+3"], ["pwrite64", "error=EIO", "6+4"], ["fallocate", "error=ENOSPC", "2+2"],
                ["/^rename", "error=EIO", "2+2"], ["/^unlink", "error=EIO", "2+2"],
            ])
        func failing(fault: [String]) async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector, options: ["--spool-limit", "256KiB"])
                let injection = Injection(scene, [.init(fault[0], fault[1], when: fault[2])])
                try await lives.begin(prefix: injection.prefix)
                var rounds = 0
                while rounds < FaultPlan.count(short: 1, long: 5) || injection.fired == 0 && rounds < 20 {
                    collector.behave { $0.acknowledges = false }
                    // A frame goes to the disk when it is a second old.
                    try await collector.outlasts(80)
                    collector.behave { $0.acknowledges = true }
                    try await eventually("what the spool has") { collector.ledger.isDurable }
                    rounds += 1
                }
                let ledger = try await lives.settle()
                #expect(injection.fired > 0, "the fault was there")
                #expect(try lives.child.poll() == nil && ledger.entries.allSatisfy { $0.epoch == 1 }, "it is still its first life")
            }
        }
    }
}
