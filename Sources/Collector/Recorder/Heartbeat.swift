import Synchronization

/// How often agents are to ping: every second, but less often the more there are, so that a large fleet's pings don't cost more than its ticks.
final class Heartbeat: Sendable {
    private static let agentsOfASecond = 400
    /// Behind three of these an agent that says nothing else is taken for gone (`PeerDeadlines`).
    private static let longest = 5
    private let current = Atomic<Int>(1000)

    var milliseconds: Int { current.load(ordering: .relaxed) }

    func note(agents: Int) { current.store(1000 * min(max(agents / Self.agentsOfASecond, 1), Self.longest), ordering: .relaxed) }
}
