/// How long after its instant on the grid a tick's reading begins, as the agent itself records it.
struct Lateness {
    /// Microseconds.
    let median: Double
    let p99: Double
    let worst: Double
    let ticks: Int
    /// How busy the whole machine was meanwhile, with the agent; 0…100.
    let busy: Double

    static func measure(_ setting: Setting, containers: Int, ticks: Int = 600) throws -> Lateness {
        let agent = try AgentUnderTest(setting, containers: containers)
        defer { agent.stop() }
        let busyness = Busyness()
        try agent.record(ticks: ticks, interval: 100 * Clock.millisecond)
        let busy = busyness.percent
        let values = try agent.column("lateness_us", of: "agent")
        return Lateness(
            median: quantile(values, 0.5), p99: quantile(values, 0.99), worst: values.max() ?? 0, ticks: values.count, busy: busy)
    }
}
