import Glibc

/// A real `sonde-agent` that is connected to a sink.
final class AgentUnderTest {
    let sink: SinkCollector
    private let child: Child

    /// - Parameters:
    ///   - containers: how many containers the agent has to see before it counts as ready; 0 starts it with `--containers off`.
    ///   - processes: its `--processes`.
    init(_ setting: Setting, containers: Int, processes: String = "containers", environment: [String: String] = [:]) throws {
        sink = try SinkCollector()
        let scratch = setting.scratch
        var arguments = [
            setting.program("sonde-agent"), "--collector", "127.0.0.1:\(sink.port)", "--node", "bench", "--interval", "1s",
            "--state", scratch.file("agent-state"), "--containers", containers > 0 ? "cgroup" : "off",
            "--processes", processes,
        ]
        if containers > 0 { arguments += ["--docker-socket", setting.lab.socket] }
        child = try Child(arguments, environment: environment, log: scratch.file("agent.log"))
        let deadline = Clock.monotonic() + 30 * Clock.second
        try sink.serve(until: deadline) {
            try child.checkAlive()
            guard !sink.live.isEmpty else { return false }
            let seen: Message.Tick = try Message.decode(sink.live[...])
            return (seen.rows["container"]?.count ?? 0) >= containers
        }
        guard Clock.monotonic() < deadline else { throw BenchmarkError("the agent did not show \(containers) containers within 30 s") }
    }

    var pid: pid_t { child.pid }

    func stop() { child.stop() }

    /// Records a run of this many ticks and calls `pause` half-way between ticks. The first ticks are a warm-up, for which
    /// `pause` gets negative numbers.
    func record(ticks: Int, interval: UInt64, warmUp: Int = 5, pause: (Int) throws -> Void = { _ in }) throws {
        let t0 = try sink.order(interval: interval)
        for tick in 0..<(ticks + warmUp) {
            try sink.serve(until: t0 + UInt64(tick) * interval + interval / 2)
            try child.checkAlive()
            try pause(tick - warmUp)
        }
        recorded = Array(sink.ticks.suffix(ticks))
        sink.stop()
        try sink.serve(until: Clock.monotonic() + Clock.second / 5)
        guard recorded.count >= ticks * 9 / 10 else {
            throw BenchmarkError("the agent delivered only \(recorded.count) of \(ticks) ticks")
        }
    }

    /// The ticks of the last recording, without the warm-up.
    private(set) var recorded: [[UInt8]] = []

    /// The values of one column of the recording, from all rows.
    func column(_ name: String, of table: String) throws -> [Double] {
        guard let index = sink.hello?.tables[table]?.firstIndex(of: name) else { throw BenchmarkError("the agent has no \(table).\(name)") }
        var values: [Double] = []
        for bytes in recorded {
            let tick: Message.Tick = try Message.decode(bytes[...])
            values += (tick.rows[table] ?? []).compactMap { $0[index].number }
        }
        return values
    }

    /// The last tick of the recording.
    func lastTick() throws -> Message.Tick {
        guard let last = recorded.last else { throw BenchmarkError("nothing was recorded") }
        return try Message.decode(last[...])
    }
}
