import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The collector is killed and started again.
    @Suite("A collector that is killed") struct CollectorKills {
        @Test("A collector that is killed at random moments, again and again, loses no frame, doubles none and keeps the order")
        func random() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let kills = FaultPlan.count(short: 15, long: 520)
                let life = try await CollectorLife(scene)
                var recoveries: [Duration] = []
                for kill in 0..<kills {
                    // Some kills come during recovery, or before any agent has reconnected.
                    if random.next() % 4 > 0 { try await life.fleet.progress(random.next() % 12) }
                    // This isn't a wait: the kill comes at a random moment.
                    try await Task.sleep(for: .microseconds(Int64(random.next() % 60_000)))
                    try await life.kill()
                    if kill % 7 == 3 { life.fleet[kill % 4].with { $0.book.restart(losing: Int(random.next() % 3)) } }
                    if kill % 11 == 5 { try life.fleet[kill % 4].with { try $0.book.dropOldest(4) } }
                    let before = life.fleet.acknowledged
                    let began = ContinuousClock.now
                    try await life.restart()
                    if kill % 3 == 0 {
                        let fleet = life.fleet
                        try await eventually("a durable row", every: .milliseconds(2)) { fleet.acknowledged > before }
                        recoveries.append(ContinuousClock.now - began)
                    }
                }
                let run = try await life.finish()
                FaultPlan.report("kills of the collector survived with nothing lost", "\(kills)")
                recoveries.sort()
                FaultPlan.report(
                    "from a collector's restart to its first durable row",
                    "p50 \(recoveries[recoveries.count / 2]), p99 \(recoveries[recoveries.count * 99 / 100]) of \(recoveries.count)")
                #expect(life.fleet.agents.contains { $0.conditions.welcomes > kills / 2 }, "the agents met \(kills) lives of the collector")
                try await scene.verify(run)
            }
        }
    }
}
