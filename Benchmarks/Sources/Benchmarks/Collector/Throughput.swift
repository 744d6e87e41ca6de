import Glibc

/// How many values a second a collector receives, writes as CSV and makes durable when it gets as many as it takes.
struct Throughput {
    /// Acknowledged values per second of wall time.
    let perSecond: Double
    /// Nanoseconds of the collector's CPU time for each value.
    let cpuPerValue: Double
    let values: Int
    let agents: Int
    /// Rows of all CSV files.
    let rows: Int
    let seconds: Double
    /// MiB of frames per second.
    let wire: Double
    /// The part of a core that the benchmark took meanwhile.
    let sender: Double
    /// How many cores worked for others.
    let others: Double

    private static let agents = 8
    private static let ticks = 600

    /// - Throws: `BenchmarkError`, also when the run is not complete or a CSV file doesn't have exactly the rows that were sent.
    /// - Parameter cores: those that the collector may use, as taskset(1) takes them.
    static func measure(_ setting: Setting, cores: String) throws -> Throughput {
        let tables = try catalogue(setting)
        let data = setting.scratch.file("data-cores-\(cores)")
        let log = setting.scratch.file("collector-cores-\(cores).log")
        let collector = try Child(
            [
                "taskset", "-c", cores, setting.program("sonde-collector"), "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data",
                data,
            ], log: log)
        defer { collector.stop() }
        let ports = try CollectorPorts(of: collector, log: log)
        let peers = try (1...agents).map { try SyntheticAgent(port: ports.agents, number: $0, tables: tables) }
        try serve(peers, collector, until: "the handshakes") { peers.allSatisfy(\.isWelcome) }

        // The grid only has to be plausible: the collector accepts ticks up to ten seconds before they are due.
        try Child.run(
            [
                setting.program("sonde"), "--host", "127.0.0.1", "--port", "\(ports.control)", "start", "throughput", "--interval", "15ms",
                "--duration", "\(ticks * 15)ms", "--expect", "\(agents)",
            ], log: setting.scratch.file("sonde.log"))
        let cpuStart = try Clock.cpu(of: collector.pid)
        let senderStart = Clock.threadCPU()
        let busyness = Busyness()
        let start = Clock.monotonic()
        try serve(peers, collector, until: "the acknowledgements") { peers.allSatisfy(\.isDone) }
        let elapsed = Double(Clock.monotonic() - start) / 1e9
        let cpu = try Clock.cpu(of: collector.pid) - cpuStart
        let sender = Double(Clock.threadCPU() - senderStart) / 1e9 / elapsed
        let others = busyness.others(than: Double(cpu) / 1e9 + sender * elapsed)

        let values = peers.reduce(0) { $0 + $1.cellsPerTick * ticks }
        let rows = try verify("\(data)/throughput", peers, collector)
        return Throughput(
            perSecond: Double(values) / elapsed, cpuPerValue: Double(cpu) / Double(values), values: values, agents: agents, rows: rows,
            seconds: elapsed, wire: Double(peers.reduce(0) { $0 + $1.bytesPerTick * ticks }) / elapsed / 1_048_576, sender: sender,
            others: others)
    }

    /// The columns that a real agent sends.
    static func catalogue(_ setting: Setting) throws -> [String: [String]] {
        let agent = try AgentUnderTest(setting, containers: 0)
        defer { agent.stop() }
        guard let hello = agent.sink.hello else { throw BenchmarkError("the agent has not said hello") }
        return hello.tables
    }

    static func serve(
        _ peers: [SyntheticAgent], _ collector: Child, until what: String, seconds: UInt64 = 60, _ isEnough: () -> Bool
    ) throws {
        let deadline = Clock.monotonic() + seconds * Clock.second
        while !isEnough() {
            try Interrupt.check()
            try collector.checkAlive()
            guard Clock.monotonic() < deadline else { throw BenchmarkError("\(what) took longer than \(seconds) s") }
            for peer in peers { try peer.send() }
            var waits = peers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN | ($0.isSending ? POLLOUT : 0)), revents: 0) }
            guard poll(&waits, nfds_t(waits.count), 100) > 0 else { continue }
            for (peer, wait) in zip(peers, waits) where wait.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { try peer.receive() }
        }
    }

    /// Waits until the run is closed and compares the files with what was sent.
    /// - Returns: how many rows there are.
    private static func verify(_ run: String, _ peers: [SyntheticAgent], _ collector: Child) throws -> Int {
        _ = try closed(run, peers, collector, seconds: 30)
        var total = 0
        for (table, count) in peers[0].rowsPerTick {
            let rows = try TextFile.lineCount("\(run)/\(table).csv") - 1
            guard rows == count * ticks * peers.count else {
                throw BenchmarkError("\(table).csv has \(rows) rows, \(count * ticks * peers.count) were sent")
            }
            total += rows
        }
        return total
    }

    /// Waits until the run is closed.
    /// - Returns: what run.json says of the tables' files.
    static func closed(_ run: String, _ peers: [SyntheticAgent], _ collector: Child, seconds: UInt64) throws -> (rows: Int, bytes: Int) {
        let deadline = Clock.monotonic() + seconds * Clock.second
        while true {
            try serve(peers, collector, until: "the end of the run") { peers.allSatisfy { !$0.isSending } }
            let manifest = try Message.decode(TextFile.bytes("\(run)/run.json")[...], as: Manifest.self)
            if manifest.state == "complete" {
                let files = peers[0].rowsPerTick.keys.compactMap { manifest.files?["\($0).csv"] }
                return (files.reduce(0) { $0 + $1.rows }, files.reduce(0) { $0 + $1.bytes })
            }
            guard manifest.state != "incomplete", Clock.monotonic() < deadline else {
                throw BenchmarkError("the run is \(manifest.state): \(manifest.verdict ?? "no verdict")")
            }
            usleep(50_000)
        }
    }

    private struct Manifest: Decodable {
        struct File: Decodable {
            let rows: Int
            let bytes: Int
        }

        let state: String
        let verdict: String?
        let files: [String: File]?
    }
}

/// The collector's ports, from the line that it prints when it is ready.
struct CollectorPorts {
    let agents: Int
    let control: Int

    /// - Parameter patience: how many seconds the collector may take.
    init(of collector: Child, log: String, patience: UInt64 = 20) throws {
        let deadline = Clock.monotonic() + patience * Clock.second
        while true {
            try Interrupt.check()
            try collector.checkAlive()
            let lines = ((try? TextFile.read(log)) ?? "").split(separator: "\n")
            if let line = lines.first(where: { $0.contains("ready") }) {
                let ports = line.matches(of: /:(\d+)/).compactMap { Int($0.1) }
                guard ports.count >= 2 else { throw BenchmarkError("the collector's ready line names no two ports: \(line)") }
                (agents, control) = (ports[0], ports[1])
                return
            }
            guard Clock.monotonic() < deadline else { throw BenchmarkError("the collector was not ready within \(patience) s") }
            usleep(20_000)
        }
    }
}
