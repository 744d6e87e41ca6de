import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// A process is stopped (SIGSTOP), and continues much later.
    @Suite("A collector, or an agent, that stands still") struct CollectorPauses {
        @Test("A collector that is stopped for longer than an agent's patience loses nothing")
        func collectorStopped() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene)
                for seconds in FaultPlan.isLong ? [1, 8, 20] : [1, 3] {
                    try await life.fleet.progress(3)
                    life.collector.child.signal(SIGSTOP)
                    let before = life.fleet.acknowledged
                    // For 15 s agents believe that they are connected; each makes a tick every 10 ms.
                    try await eventually("a backlog") { life.fleet.backlog > 4 * 90 * min(seconds, 10) }
                    let over = ContinuousClock.now + .seconds(max(seconds - 10, 0))
                    try await eventually("the end of the pause") { ContinuousClock.now >= over }
                    #expect(life.fleet.acknowledged <= before + 400)
                    life.collector.child.signal(SIGCONT)
                    try await life.flows()
                }
                try await scene.verify(try await life.finish())
            }
        }

        @Test("An agent that is stopped is given up after 15 seconds, and doesn't disturb the others; then it comes back and delivers")
        func agentStopped() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 3)
                try await life.fleet.progress(3)
                let silent = life.fleet[1]
                silent.with { $0.conditions.isStopped = true }
                let control = life.collector.control
                try await eventually("node1 given up") {
                    try control.status().nodes.contains { $0.node == "node1" && !$0.isConnected }
                }
                #expect(try control.status().collector.refused["silent"] == 1)
                let others = [life.fleet[0], life.fleet[2]]
                #expect(others.allSatisfy { $0.conditions.welcomes == 1 }, "the others stayed")
                let acknowledged = others.map { $0.book.acknowledged[1] ?? 0 }
                try await eventually("the others going on") {
                    zip(others, acknowledged).allSatisfy { $0.book.acknowledged[1] ?? 0 > $1 + 100 }
                }
                silent.with { $0.conditions.isStopped = false }
                try await scene.verify(try await life.finish())
            }
        }
    }
}
