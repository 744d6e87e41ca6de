import StatsCore

/// What this agent tells whoever scrapes it: the values of the newest tick, and how old they are.
struct MetricsStore: Sendable {
    /// Where the sampler leaves each tick.
    let ticks = TickMailbox(period: Self.period) { tick, now in now - tick.read > 3 * tick.interval + Self.patience }
    private let node: String
    private let kernel: String?
    private let showsProcesses: Bool

    /// Ticks are taken no more often than that (µs): nobody scrapes so often.
    private static let period: Int64 = 250_000
    /// How long a tick counts besides three intervals (µs).
    private static let patience: Int64 = 10_000_000

    init(node: String, kernel: String?, showsProcesses: Bool) {
        self.node = node
        self.kernel = kernel
        self.showsProcesses = showsProcesses
    }

    /// What is to be told now. Of a sampler that hangs no values are told: old ones would look like new ones.
    func exposition() -> Exposition {
        let rows = ticks.newest()?.rows ?? FrameRows()
        let age = ticks.times.map { Clocks.monotonicMicroseconds() - $0.read }
        return Exposition([Exposition.Node(name: node, kernel: kernel, rows: rows)], withProcesses: showsProcesses) { own in
            own.appendAgent(node: node)
            own.family("sonde_agent_last_tick_age_seconds", .gauge, "Time since the values were read")
            own.sample(age.map { Double($0) / 1e6 }, ("node", node))
        }
    }
}

extension OwnFamilies {
    /// Which version of the agent this is.
    mutating func appendAgent(node: String) {
        family("sonde_agent_build_info", .gauge, "1, and the agent's version")
        sample(1, ("node", node), ("version", Version.current))
    }
}
