import Glibc

/// What open pages cost the collector: a fleet sends live ticks, and clients follow `GET /stream`.
struct OpenPages {
    let nodes: Int
    let containers: Int
    let pages: Int
    /// The collector's CPU use in cores, without pages and with all of them.
    let idle: Double
    let looking: Double
    /// Sent to each page.
    let bytesPerSecond: Double
    /// Size of the first event, in bytes.
    let snapshot: Double

    private static let fleet = (nodes: 50, containersPerNode: 40, pages: 10)
    /// How many ticks are made beforehand, so that making them is no load during the measurement. Counters continue from one to the next.
    private static let seconds = 60
    private static let phase = 20

    static func measure(_ setting: Setting) throws -> OpenPages {
        let tables = try Throughput.catalogue(setting)
        let log = setting.scratch.file("collector-live.log")
        let collector = try Child(
            [
                setting.program("sonde-collector"), "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data",
                setting.scratch.file("data-live"),
            ], log: log)
        defer { collector.stop() }
        let ports = try CollectorPorts(of: collector, log: log)
        Terminal.note("making up live ticks of \(fleet.nodes) nodes")
        let loads = (1...fleet.nodes).map { LiveLoad(number: $0, tables: tables) }
        // All at once: the collector closes a connection that is silent for 15 seconds.
        var agents = try loads.map { try LiveAgent($0, port: ports.agents, tables: tables) }
        var pages: [Page] = []

        var second = 0
        /// Runs for some seconds: in each, every agent sends one tick, at an instant of its own.
        func pass(_ seconds: Int) throws {
            let start = Clock.monotonic()
            for step in 0..<seconds {
                for index in agents.indices {
                    let due = start + UInt64(step) * Clock.second + UInt64(index) * Clock.second / UInt64(agents.count)
                    while Clock.monotonic() < due {
                        try Interrupt.check()
                        for page in pages.indices { try pages[page].read() }
                        usleep(2000)
                    }
                    try collector.checkAlive()
                    try agents[index].send(second: second % Self.seconds)
                }
                second += 1
            }
        }

        try pass(5)
        let idle = try cores(of: collector) { try pass(phase) }
        for _ in 0..<fleet.pages { pages.append(try Page(port: ports.control)) }
        try pass(3)
        let snapshot = pages.map(\.received).reduce(0, +)
        let looking = try cores(of: collector) { try pass(phase) }
        let received = pages.map(\.received).reduce(0, +) - snapshot
        return OpenPages(
            nodes: fleet.nodes, containers: fleet.nodes * fleet.containersPerNode, pages: fleet.pages, idle: idle, looking: looking,
            bytesPerSecond: Double(received) / Double(phase * fleet.pages), snapshot: Double(pages[0].snapshot))
    }

    private static func cores(of collector: Child, _ body: () throws -> Void) throws -> Double {
        let start = (cpu: try Clock.cpu(of: collector.pid), time: Clock.monotonic())
        try body()
        return Double(try Clock.cpu(of: collector.pid) - start.cpu) / Double(Clock.monotonic() - start.time)
    }

    /// The rows of one agent, second by second.
    private struct LiveLoad {
        let number: Int
        let rows: [String]

        init(number: Int, tables: [String: [String]]) {
            self.number = number
            rows = (0..<OpenPages.seconds).map { second in
                let tick = SyntheticTick(
                    tables: tables, seed: UInt64(number), shape: .init(containers: OpenPages.fleet.containersPerNode), second: second)
                // Container ids differ from node to node.
                return tick.rows.replacing("\"7c7c7c", with: "\"\(number + 100)7c7")
            }
        }
    }

    /// An agent while no run is active.
    private struct LiveAgent {
        private let socket: Socket
        private let rows: [String]
        private var reader = FrameReader()

        init(_ load: LiveLoad, port: Int, tables: [String: [String]]) throws {
            socket = try Socket.connected(port: port)
            rows = load.rows
            let named = tables.map { "\"\($0)\":[\($1.map { "\"\($0)\"" }.joined(separator: ","))]" }.joined(separator: ",")
            try write(
                """
                {"type":"hello","protocol":1,"agent":"live-\(load.number)","epoch":1,"node":"node\(load.number)",\
                "monitor":"OSMonitor_node\(load.number)","addresses":["127.0.0.1"],"version":"benchmark","tables":{\(named)},"first_unacked":1,\
                "next_seq":1}
                """)
        }

        mutating func send(second: Int) throws {
            guard try reader.receive(from: socket) else { throw BenchmarkError("the collector has closed a live agent's connection") }
            while let payload = reader.next() {
                if try Message.type(of: payload) == "error" {
                    throw BenchmarkError("the collector has refused a live agent: \(String(decoding: payload, as: UTF8.self))")
                }
            }
            let now = Clock.wall() / 1000
            try write(
                #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":\#(second),"time":\#(now),"begin":\#(now),"end":\#(now + 900),"rows":\#(rows[second])}"#
            )
        }

        private func write(_ payload: String) throws {
            var rest = frame(payload)[...]
            while !rest.isEmpty { rest = rest.dropFirst(try socket.write(rest)) }
        }
    }

    /// A client that behaves like a browser.
    private struct Page {
        private let socket: Socket
        private(set) var received = 0
        /// The size of the first event, known once the second has come.
        private(set) var snapshot = 0
        private var room = [UInt8](repeating: 0, count: 1 << 20)

        init(port: Int) throws {
            socket = try Socket.connected(port: port)
            let request = "GET /stream HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n"
            _ = try socket.write(Array(request.utf8)[...])
        }

        mutating func read() throws {
            while true {
                let count = recv(socket.descriptor, &room, room.count, 0)
                if count == 0 { throw BenchmarkError("the collector has closed a page's stream") }
                guard count > 0 else { return }
                if snapshot == 0, received > 0, String(decoding: room[..<min(count, 200)], as: UTF8.self).contains("event: update") {
                    snapshot = received
                }
                received += count
            }
        }
    }
}
