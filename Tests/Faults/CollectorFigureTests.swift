import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Figures of docs/RELIABILITY.md. The short form does real work too, but less of it.
    @Suite("Figures of a collector") struct CollectorFigures {
        @Test("What an outage left is delivered at once and completely, and durability costs a part of the throughput")
        func throughput() async throws {
            try await Scene.run { scene in
                let ticks = FaultPlan.count(short: 150, long: 600)
                let durable = try await Self.catchUp(scene, "durable", ticks: ticks, prefix: [])
                let volatile = try await Self.catchUp(scene, "volatile", ticks: ticks, prefix: ["eatmydata"])
                FaultPlan.report("catch-up after an outage of \(ticks) ticks of 8 agents, rows/s", "\(Int(durable))")
                FaultPlan.report("throughput with sync over without", "\((durable / volatile * 100).rounded() / 100)")
            }
        }

        /// How many rows a second a restarted collector takes from a fleet with a backlog. The run is checked like every other.
        private static func catchUp(_ scene: Scene, _ name: String, ticks: Int, prefix: [String]) async throws -> Double {
            let agents = 8
            let bulk = 60
            let life = try await CollectorLife(
                scene, agents: agents, bulk: bulk, "interval=10ms&duration=\(ticks * 10)ms", data: scene.makeDirectory(name),
                lead: -3_600_000_000)
            // However slow the machine is: nobody makes a tick before the collector stands still, and then each makes them all.
            try await eventually("the order and a clock at every agent") { life.fleet.agents.allSatisfy(\.isPrepared) }
            life.collector.child.signal(SIGSTOP)
            // Agents may make ticks up to ten seconds ahead of time.
            for agent in life.fleet.agents { agent.with { $0.conditions.lead = 9_000_000 } }
            try await eventually("the backlog") { life.fleet.agents.allSatisfy { $0.book.fin != nil } }
            try await life.kill()
            let before = life.fleet.acknowledged
            try await life.restart(prefix: prefix)
            let began = ContinuousClock.now
            try await life.fleet.drained()
            let elapsed = (ContinuousClock.now - began) / .seconds(1)
            let rows = Double((life.fleet.acknowledged - before) * UInt64(bulk + 1))
            try await life.collector.control.runOver()
            let run = try RecordedRun("\(life.collector.data)/run")
            let checked = try Invariants(run, life.fleet)
            #expect(checked.violations.isEmpty && run.manifest.lastTick == UInt64(ticks - 1), "\(checked.violations.prefix(5))")
            try await scene.verify(run)
            life.fleet.end()
            try await life.kill()
            return rows / elapsed
        }
    }
}
