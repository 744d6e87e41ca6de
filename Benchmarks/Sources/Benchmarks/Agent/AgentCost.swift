/// The cost of an agent's tick, compared with bare reads of the same files.
struct AgentCost {
    /// Microseconds of CPU time a tick: all threads, user and kernel.
    let agent: Double
    let bare: Double
    let files: Int
    let containers: Int
    let processes: Int
    let cells: Int
    /// KiB.
    let resident: UInt64
    let anonymous: UInt64

    var ratio: Double { agent / bare }

    /// The agent reads at each second of the grid and the bare reader at each half second, so that both find equally cold caches.
    static func measure(_ setting: Setting, containers: Int, ticks: Int = 30) throws -> AgentCost {
        let agent = try AgentUnderTest(setting, containers: containers)
        defer { agent.stop() }
        var reader: BareReader?
        var agentStart: UInt64 = 0
        var agentEnd: UInt64 = 0
        var bare: UInt64 = 0
        try agent.record(ticks: ticks, interval: Clock.second) { tick in
            if tick == -3 { reader = try BareReader(filesOf: agent.pid) }
            if tick == -1 { agentStart = try Clock.cpu(of: agent.pid) }
            if tick == ticks - 1 { agentEnd = try Clock.cpu(of: agent.pid) }
            let start = Clock.threadCPU()
            reader?.read()
            if tick >= 0 { bare += Clock.threadCPU() - start }
        }
        let status = try TextFile.read("/proc/\(agent.pid)/status")
        let tick = try agent.lastTick()
        return AgentCost(
            agent: Double(agentEnd - agentStart) / 1000 / Double(ticks), bare: Double(bare) / 1000 / Double(ticks),
            files: reader?.count ?? 0,
            containers: tick.rows["container"]?.count ?? 0, processes: tick.rows["process"]?.count ?? 0, cells: tick.cells,
            resident: TextFile.number("VmRSS:", in: status) ?? 0, anonymous: TextFile.number("RssAnon:", in: status) ?? 0)
    }
}
