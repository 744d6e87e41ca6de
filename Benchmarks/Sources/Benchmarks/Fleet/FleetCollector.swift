import Glibc

/// A collector that a fleet connects to. It can crash and come back at the same ports, with the same data.
final class FleetCollector {
    let data: String
    private(set) var ports: CollectorPorts
    private let setting: Setting
    private let name: String
    private let command: [String]
    private var child: Child
    private var starts = 1

    /// Anybody is let in: the agents of a real fleet would show a token or a certificate, once a connection.
    /// - Parameters:
    ///   - command: what runs the collector; by default the program itself.
    ///   - patience: how many seconds it may take until it is ready.
    init(_ setting: Setting, name: String, command: [String]? = nil, patience: UInt64 = 20) throws {
        self.setting = setting
        self.name = name
        data = setting.scratch.file("data-\(name)")
        self.command =
            (command ?? [setting.program("sonde-collector")]) + ["--insecure", "--data", data, "--log-level", "warning"]
        let log = setting.scratch.file("collector-\(name).log")
        child = try Child(self.command + ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"], log: log)
        ports = try CollectorPorts(of: child, log: log, patience: patience)
    }

    var pid: pid_t { child.pid }
    func checkAlive() throws { try child.checkAlive() }
    func stop() { child.stop() }
    func crash() { child.crash() }

    /// Starts it again after a crash.
    /// - Returns: whether it is ready, to be asked again and again.
    func comeBack() throws -> () throws -> Bool {
        starts += 1
        let log = setting.scratch.file("collector-\(name)-\(starts).log")
        child = try Child(command + ["--listen", "127.0.0.1:\(ports.agents)", "--control", "127.0.0.1:\(ports.control)"], log: log)
        return { [child] in
            try child.checkAlive()
            return ((try? TextFile.read(log)) ?? "").contains("ready")
        }
    }

    /// CPU time so far, in seconds.
    func cpu() throws -> Double { Double(try Clock.cpu(of: child.pid)) / 1e9 }

    /// Resident memory in bytes.
    func resident() throws -> Double {
        guard let kibibytes = TextFile.number("VmRSS:", in: try TextFile.read("/proc/\(child.pid)/status")) else {
            throw BenchmarkError("the collector has no resident memory")
        }
        return Double(kibibytes * 1024)
    }

    /// Begins to start a run; the process ends when the collector has answered.
    func start(_ run: String, interval: String, duration: String, expect: Int) throws -> Child {
        try Child(
            [
                setting.program("sonde"), "--host", "127.0.0.1", "--port", "\(ports.control)", "start", run, "--interval", interval,
                "--duration", duration, "--expect", "\(expect)",
            ], log: setting.scratch.file("sonde-\(run).log"))
    }

    /// Whether a run is closed, from the text of run.json: that of a large fleet is too long to be decoded again and again.
    func isClosed(_ run: String) -> Bool {
        guard let bytes = try? TextFile.bytes("\(data)/\(run)/run.json") else { return false }
        return bytes.withUnsafeBytes { bytes in
            let text = Scan(bytes)
            return text.has(#""state" : "complete""#) || text.has(#""state" : "incomplete""#)
        }
    }

    struct Manifest: Decodable {
        struct Node: Decodable {
            let node: String
            let expected: UInt64?
            let present: UInt64?
        }

        let state: String
        let verdict: String?
        let nodes: [Node]
    }

    func manifest(_ run: String) throws -> Manifest { try Message.decode(TextFile.bytes("\(data)/\(run)/run.json")[...]) }

    /// Removes a run, whose files take a gigabyte.
    func remove(_ run: String) throws { try Child.run(["rm", "-rf", "\(data)/\(run)"], log: "/dev/null") }
}
