import Glibc

/// A run of very many rows: what its end, checking it and listing it cost.
struct LongRun {
    let rows: Int
    let bytes: Int
    /// Wall time from the last acknowledgement until the run is closed.
    let close: Double
    /// The most memory that the collector had, in bytes.
    let collectorPeak: Double
    let verify: Child.Use
    let list: Double

    private static let agents = 24
    private static let interval = 10

    var verifySpeed: Double { Double(bytes) / verify.cpu }

    /// - Throws: `BenchmarkError`, also when the run is not complete, or `sonde verify` finds something.
    static func measure(_ setting: Setting, rows wanted: Int) throws -> LongRun {
        let tables = try Throughput.catalogue(setting)
        let data = setting.scratch.file("data-long")
        let log = setting.scratch.file("collector-long.log")
        let collector = try Child(
            [setting.program("sonde-collector"), "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", data], log: log)
        defer { collector.stop() }
        let ports = try CollectorPorts(of: collector, log: log)
        let peers = try (1...agents).map { try SyntheticAgent(port: ports.agents, number: $0, tables: tables) }
        try Throughput.serve(peers, collector, until: "the handshakes") { peers.allSatisfy(\.isWelcome) }
        let perTick = peers.reduce(0) { $0 + $1.rowsPerTick.values.reduce(0, +) }
        let ticks = max(1, wanted / perTick)
        let control = ["--host", "127.0.0.1", "--port", "\(ports.control)"]
        Terminal.note("recording \(ticks * perTick) rows")
        try Child.run(
            [setting.program("sonde")] + control + [
                "start", "long", "--interval", "\(interval)ms", "--duration", "\(ticks * interval)ms", "--expect", "\(agents)",
            ], log: setting.scratch.file("sonde.log"))
        try Throughput.serve(peers, collector, until: "the acknowledgements", seconds: UInt64(ticks * interval / 1000) * 4 + 60) {
            peers.allSatisfy(\.isDone)
        }
        let end = Clock.monotonic()
        let counted = try Throughput.closed("\(data)/long", peers, collector, seconds: 300)
        let close = Double(Clock.monotonic() - end) / 1e9
        guard counted.rows == ticks * perTick else {
            throw BenchmarkError("\(ticks * perTick) rows were sent, and \(counted.rows) recorded")
        }
        let peak = TextFile.number("VmHWM:", in: try TextFile.read("/proc/\(collector.pid)/status")) ?? 0
        let begin = Clock.monotonic()
        try Child.run([setting.program("sonde")] + control + ["runs"], log: setting.scratch.file("sonde.log"))
        let list = Double(Clock.monotonic() - begin) / 1e9
        Terminal.note("verifying them")
        let verify = try Child.use(of: [setting.program("sonde"), "verify", "\(data)/long"], log: setting.scratch.file("verify.log"))
        return LongRun(
            rows: counted.rows, bytes: counted.bytes, close: close, collectorPeak: Double(peak) * 1024, verify: verify, list: list)
    }
}
