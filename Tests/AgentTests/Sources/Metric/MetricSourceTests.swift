import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// A target that answers by a script, read tick by tick.
@Suite("The metrics of a target", .timeLimit(.minutes(10))) struct MetricSourceTests {
    private static let second: UInt64 = 1_000_000_000

    private static func ok(_ body: String, type: String = "text/plain; version=0.0.4", more: String = "") -> ScriptedEngine.Step {
        .send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// What one tick has.
    private struct Tick {
        var values: [String: String] = [:]
        var events: [String] = []
        var errors: UInt64 = 0

        var isUp: Bool { values["up"] == "1" }
    }

    /// - Parameter patience: how long the tick waits, in nanoseconds; longer than any test for a target that answers.
    private func read(_ source: inout MetricSource, patience: UInt64 = 1000 * second, run: String? = "r") -> Tick {
        var rows = TickRows()
        let now = Clocks.monotonic()
        source.read(TickContext(instant: now, deadline: now + patience, interval: patience * 2, run: run), into: &rows)
        var tick = Tick(errors: rows.readErrors)
        for row in Self.cells(of: .metric, rows) where row.count == 7 {
            let labels = row[2].string == "{}" ? "" : row[2].string ?? ""
            #expect(row[0].string == "app" && row[6].integer != nil)
            tick.values[(row[1].string ?? "") + labels] = row[3].text ?? row[4].string ?? ""
        }
        for row in Self.cells(of: .event, rows) { tick.events.append("\(row[0].string ?? ""): \(row[5].string ?? "")") }
        return tick
    }

    private static func cells(of table: TableID, _ rows: borrowing TickRows) -> [[JSONValue]] {
        let text = rows.withRows(table) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        let json = Array("{\"rows\":[\(text)]}".utf8)
        let span = json.span.bytes
        return ((try? JSONValue.object(span))?["rows"]?.elements ?? []).compactMap(\.elements)
    }

    private func source(
        host: String = "127.0.0.1", port: Int, path: String = "/metrics", series: Int = 100, log: Log = Log(), logInterval: UInt64 = second,
        look: @escaping @Sendable (String, Int) -> NameLookup.Answer = NameLookup.system
    ) throws -> MetricSource {
        MetricSource(
            try ScrapeTarget("app=http://\(host):\(port)\(path)"), limits: .init(series: series, targets: 1),
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test") { _ in log }, logInterval: logInterval, look: look)
    }

    /// The levels of what is logged, in order.
    private struct Log: LogHandler {
        private final class Lines: Sendable { let levels = Mutex<[Logger.Level]>([]) }

        private let lines = Lines()
        var metadata = Logger.Metadata()
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.info
        var levels: [Logger.Level] { lines.levels.withLock { $0 } }

        func log(event: LogEvent) { lines.levels.withLock { $0.append(event.level) } }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }

    private func withTarget(
        _ script: @escaping @Sendable (String, Int) -> [ScriptedEngine.Step], _ body: (ScriptedEngine) async throws -> Void
    ) async throws {
        let server = try await ScriptedEngine(isTCP: true, script)
        try await body(server)
        try await server.stop()
    }

    @Test("Each tick has what the target says then, over one connection, and what the answer was like")
    func values() async throws {
        try await withTarget { _, number in
            [Self.ok("# TYPE c counter\nc{b=\"x\",a=\"y\"} \(number)\nbad NaN\n")]
        } _: { server in
            var source = try source(port: server.port, path: "/x?y=1")
            for number in 0..<3 {
                let tick = read(&source)
                #expect(tick.values["c{\"a\":\"y\",\"b\":\"x\"}"] == "\(number)" && tick.values["bad"] == "NaN")
                #expect(tick.isUp && tick.values["scrape_samples_scraped"] == "2" && tick.values["scrape_samples_left_out"] == "0")
                #expect(tick.events.isEmpty && tick.errors == 0)
            }
            #expect(server.targets == ["/x?y=1", "/x?y=1", "/x?y=1"] && server.connectionCount == 1)
        }
    }

    @Test("A connection that the target has closed is no fault, and chunks are an answer like any other")
    func reconnects() async throws {
        try await withTarget { _, number in
            number == 1
                ? [.close]
                : [ScriptedEngine.chunkedHead, ScriptedEngine.chunk("a \(number)"), ScriptedEngine.chunk("0\n"), ScriptedEngine.chunk("")]
        } _: { server in
            var source = try source(port: server.port)
            #expect(read(&source).values["a"] == "0")
        }
        try await withTarget { _, number in
            number == 1 ? [.close] : [Self.ok("a \(number)\n")]
        } _: { server in
            var source = try source(port: server.port)
            #expect(read(&source).values["a"] == "0")
            #expect(read(&source).values["a"] == "2")
        }
    }

    @Test("A target that hangs holds up one tick, and none after that; it is named once, and again in the next run")
    func hangs() async throws {
        try await withTarget { _, _ in
            []
        } _: { server in
            var source = try source(port: server.port)
            let first = read(&source, patience: Self.second / 20)
            #expect(!first.isUp && first.values["up"] == "0" && first.values["a"] == nil && first.errors == 1)
            #expect(first.events == ["target away: app: it doesn't answer in time"])
            // If a tick waited now, it would wait for longer than this test may take.
            let second = read(&source, patience: 1000 * Self.second)
            #expect(!second.isUp && second.events.isEmpty)
            #expect(read(&source, patience: 1000 * Self.second, run: "s").events == ["target away: app: it doesn't answer in time"])
        }
    }

    @Test("A target that was slow is waited for again once it has answered in time")
    func recovers() async throws {
        let isAwake = Atomic<Bool>(false)
        try await withTarget { _, _ in
            isAwake.load(ordering: .relaxed) ? [Self.ok("a 1\n")] : []
        } _: { server in
            var source = try source(port: server.port)
            #expect(!read(&source, patience: Self.second / 20).isUp)
            isAwake.store(true, ordering: .relaxed)
            var ticks: [Tick] = []
            while ticks.last?.isUp != true { ticks.append(read(&source, patience: Self.second)) }
            #expect(ticks.last?.values["a"] == "1" && ticks.last?.events == ["target back: app"])
        }
    }

    @Test("A target whose name no server answers for has one lookup, takes nothing from others, and is there when its name is found")
    func lookup() async throws {
        try await withTarget { _, _ in
            [Self.ok("a 1\n")]
        } _: { server in
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
            let gate = EventSignal()
            let lookups = Atomic<Int>(0)
            var stuck = try source(host: "stuck.invalid", port: server.port) { _, _ in
                if lookups.add(1, ordering: .relaxed).newValue == 1 { _ = gate.wait(until: nil) }
                return .found([address])
            }
            var other = try source(port: server.port)
            for number in 0..<5 {
                let tick = read(&stuck, patience: Self.second / 20)
                #expect(!tick.isUp && tick.events == (number == 0 ? ["target away: app: it doesn't answer in time"] : []))
                #expect(read(&other).isUp)
            }
            let count = lookups.load(ordering: .relaxed)
            #expect(count == 1)
            gate.signal()
            while !read(&stuck, patience: Self.second).isUp {}
        }
    }

    @Test("The log tells of a target that stays away also where it was back for a moment, and nothing of one that comes and goes")
    func logged() async throws {
        let isAway = Atomic<Bool>(true)
        try await withTarget { _, _ in
            [isAway.load(ordering: .relaxed) ? ScriptedEngine.status(503, "no") : Self.ok("a 1\n")]
        } _: { server in
            let (short, long) = (Log(), Log())
            var often = try source(port: server.port, log: short, logInterval: Self.second / 5)
            var seldom = try source(port: server.port, log: long, logInterval: 1000 * Self.second)
            for round in 0..<5 {
                isAway.store(round % 2 == 0, ordering: .relaxed)
                _ = (read(&often), read(&seldom))
            }
            while short.levels.count(where: { $0 == .warning }) < 2 { _ = read(&often) }
            #expect(short.levels.prefix(3) == [.warning, .info, .warning])
            #expect(long.levels == [.warning, .info])
        }
    }

    @Test(
        "What is no answer has no rows but that the target is away, and says why",
        arguments: [
            (ok("<html></html>", type: "text/html"), "text/html"), (ok("a 1\nb\n"), "line 2"),
            (ok("a 1\n", type: "application/openmetrics-text; version=1.0.0"), "cut short"),
            (ok("a 1\n", more: "Content-Encoding: gzip\r\n"), "compressed"), (ScriptedEngine.status(503, "no"), "503"),
            (.send("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"), "302"),
            (.send("hello\r\n\r\n"), "HTTP"),
            (.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + String(repeating: "# remark\n", count: 1 << 19)), "larger than"),
        ] as [(ScriptedEngine.Step, String)])
    func refused(answer: ScriptedEngine.Step, words: String) async throws {
        try await withTarget { _, _ in
            [answer]
        } _: { server in
            var source = try source(port: server.port)
            let tick = read(&source)
            #expect(tick.values["up"] == "0" && tick.values["a"] == nil && tick.errors == 1)
            #expect(
                tick.events.count == 1 && tick.events[0].hasPrefix("target away: app: ") && tick.events[0].contains(words), "\(tick.events)"
            )
        }
    }

    @Test("A target at which nobody listens is named at once")
    func absent() async throws {
        let port = try ReservedPort()
        defer { port.release() }
        var source = try source(port: Int(port.number))
        #expect(read(&source).events == ["target away: app: nobody listens at 127.0.0.1:\(port.number)"])
        // It fails so quickly that each tick asks.
        #expect(read(&source).values["up"] == "0")
    }

    @Test("Of more series than are wanted the first are recorded, and the others counted; doubled ones, too")
    func bounds() async throws {
        try await withTarget { _, _ in
            [Self.ok("a 1\na 2\nb 1\nc 1\nd 1\n")]
        } _: { server in
            var source = try source(port: server.port, series: 2)
            let tick = read(&source)
            #expect(tick.values["a"] == "1" && tick.values["b"] == "1" && tick.values["c"] == nil)
            #expect(tick.values["scrape_samples_left_out"] == "2" && tick.values["scrape_samples_duplicate"] == "1")
            #expect(tick.values["scrape_samples_scraped"] == "5")
        }
    }
}
