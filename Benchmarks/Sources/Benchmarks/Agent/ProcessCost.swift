import Glibc

/// What recording the processes of a whole host costs, compared with reading `/proc/<pid>/stat` of all of them twice: the goal is to stay below that.
struct ProcessCost {
    /// Microseconds of CPU time a tick that processes add: all threads, user and kernel.
    let agent: Double
    /// Of one bare reading of all those files.
    let bare: Double
    let rows: Int

    private static let sleeping = 1950
    private static let working = 50

    /// - Parameter ticks: of each of two agents; behind a warm-up that is long enough for processes to count as resting.
    static func measure(_ setting: Setting, ticks: Int = 20) throws -> ProcessCost {
        var load: [Child] = []
        defer {
            for child in load { kill(child.pid, SIGTERM) }
            for child in load { child.stop() }
        }
        for number in 0..<sleeping + working {
            let words = number < sleeping ? ["sleep", "3600"] : ["vmstat", "1"]
            load.append(try Child(words, log: "/dev/null"))
        }
        let reader = BareReader(load.map { "/proc/\($0.pid)/stat" })
        guard reader.count == load.count else { throw BenchmarkError("only \(reader.count) of \(load.count) processes live") }
        let without = try cost(setting, "none", ticks, reader)
        let with = try cost(setting, "all", ticks, reader)
        return ProcessCost(agent: with.agent - without.agent, bare: with.bare, rows: with.rows)
    }

    private static func cost(
        _ setting: Setting, _ processes: String, _ ticks: Int, _ reader: BareReader
    ) throws -> (agent: Double, bare: Double, rows: Int) {
        let agent = try AgentUnderTest(setting, containers: 0, processes: processes)
        defer { agent.stop() }
        var (start, end, bare): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try agent.record(ticks: ticks, interval: Clock.second, warmUp: 35) { tick in
            if tick == -1 { start = try Clock.cpu(of: agent.pid) }
            if tick == ticks - 1 { end = try Clock.cpu(of: agent.pid) }
            let began = Clock.threadCPU()
            reader.read()
            if tick >= 0 { bare += Clock.threadCPU() - began }
        }
        let rows = try agent.lastTick().rows["process"]?.count ?? 0
        return (Double(end - start) / 1000 / Double(ticks), Double(bare) / 1000 / Double(ticks), rows)
    }
}
