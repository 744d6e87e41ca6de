import StatsCore
import TestSupport

/// Synthetic agents of one collector.
final class SyntheticFleet {
    let agents: [SyntheticAgent]

    /// - Parameter bulk: how many rows each tick has in `process`.
    init(_ scene: Scene, _ collector: Collector, count: Int, bulk: Int = 0) async throws {
        agents = (0..<count).map { SyntheticAgent(index: $0, port: collector.port, bulk: bulk) }
        let agents = agents
        for agent in agents { agent.begin() }
        scene.later {
            for agent in agents { agent.with { $0.conditions.isEnding = true } }
            _ = try? await eventually("the end of the fleet") { agents.allSatisfy(\.conditions.threadHasEnded) }
        }
        try await welcome()
    }

    subscript(_ index: Int) -> SyntheticAgent { agents[index] }

    /// Waits until all agents are connected.
    func welcome() async throws {
        try await eventually("all \(agents.count) agents welcome") { agents.allSatisfy(\.conditions.isWelcome) }
    }

    func end() {
        for agent in agents { agent.with { $0.conditions.isEnding = true } }
    }

    /// Unacknowledged frames.
    var backlog: Int { agents.reduce(0) { sum, agent in sum + agent.with { $0.book.backlog } } }

    /// Acknowledged frames of all epochs.
    var acknowledged: UInt64 {
        agents.reduce(0) { sum, agent in sum + agent.with { $0.book.acknowledged.values.reduce(0, +) } }
    }

    /// The acknowledged numbers by agent and epoch.
    var positions: [String: [UInt64: UInt64]] {
        Dictionary(uniqueKeysWithValues: agents.map { ($0.id, $0.book.acknowledged) })
    }

    /// Waits until each agent has this many more acknowledgements than now.
    func progress(_ frames: UInt64 = 1, within limit: Duration = .seconds(300)) async throws {
        let goal = agents.map { $0.book.acknowledged.values.reduce(0, +) + frames }
        try await eventually("\(frames) more frames acknowledged to each agent", within: limit) {
            zip(agents, goal).allSatisfy { agent, goal in agent.with { $0.book.acknowledged.values.reduce(0, +) >= goal } }
        }
    }

    /// Waits until everything is acknowledged.
    func drained(within limit: Duration = .seconds(300)) async throws {
        try await eventually("everything acknowledged; \(backlog) frames are left", within: limit) { self.backlog == 0 }
    }
}
