import FoundationEssentials
import NIOCore
import StatsCore
import Synchronization
import Testing

@testable import Collector

/// A hub whose nodes and ticks the test makes up.
final class HubFixture: Sendable {
    let live: NewestTicks
    let counters = RefusalCounters()
    let clock = ManualClock()
    /// What goes by `clock`, and is set by its wall clock when somebody lets it follow.
    let collectorClock: CollectorClock
    let connected = Mutex<[String]>([])
    /// How long one look at everything takes, in milliseconds, and how many there have been.
    let lookTime = Mutex<Int64>(0)
    let looks = Mutex(0)
    let hub: StreamHub
    let columns: [TableID: FrameRows.Columns]

    static let columns: [TableID: FrameRows.Columns] = [
        .container: FrameRows.Columns(["container_id", "container", "cpu_percent", "rx_bytes", "compose_project"]),
        .process: FrameRows.Columns(["container_id", "pid", "start_us", "comm", "cpu_percent", "read_bytes"]),
        .unit: FrameRows.Columns(["unit", "unit_kind", "cgroup", "cpu_percent", "memory_usage_bytes", "io_read_bytes", "oom_kills"]),
        .host: FrameRows.Columns(["cpu_percent", "psi_io_some_us"]),
        .metric: FrameRows.Columns(["target", "name", "labels", "value"]),
        .event: FrameRows.Columns(["kind", "container", "message", "detail"]),
    ]

    init(
        _ nodes: [String] = ["a"], columns: [TableID: FrameRows.Columns] = HubFixture.columns, costLimit: Int = 64 << 20,
        bounds: StreamBounds = StreamBounds()
    ) {
        self.columns = columns
        collectorClock = clock.clock
        live = NewestTicks(costLimit: costLimit, clock: collectorClock, counters: counters)
        let box = Box()
        hub = StreamHub(live: live, clock: collectorClock, bounds: bounds) { box.report() }
        box.fixture.withLock { $0 = self }
        nodes.forEach(connect)
    }

    /// Lets the hub's closure find the fixture, which isn't complete when the hub is made.
    private final class Box: Sendable {
        let fixture = Mutex<HubFixture?>(nil)
        func report() -> StatusReport { fixture.withLock { $0 }?.report() ?? HubFixture.empty }
    }

    static let empty = StatusReport(
        collector: StatusReport.Collector(
            version: "1", uptimeS: 0, listen: "", control: "", data: "", diskFreeBytes: nil, blocked: nil, lastCommitAgeMs: nil,
            missingTicks: [:], refused: [:]), run: nil, nodes: [])

    func connect(_ node: String) {
        connected.withLock { $0.append(node) }
        live.add(node)
    }

    func disconnect(_ node: String) {
        connected.withLock { $0.removeAll { $0 == node } }
        live.remove(node)
    }

    func report() -> StatusReport {
        looks.withLock { $0 += 1 }
        clock.advance(milliseconds: lookTime.withLock { $0 })
        var report = Self.empty
        let newest = live.all
        report.nodes = connected.withLock { $0 }.map { node in
            var report = NodeReport(
                node: node, agent: "id", monitor: "", address: "127.0.0.1", isConnected: true, containers: newest[node]?.containers ?? 0,
                processes: 0, version: "1", lastTickAgeMs: newest[node]?.lastTick.map { (clock.now - $0) / 1000 })
            report.leftOut = newest[node]?.leftOut
            return report
        }
        return report
    }

    /// One second with one tick of `node`, then one beat.
    func second(_ rows: String?, node: String = "a") async throws {
        clock.advance(milliseconds: 1000)
        if let rows { try tick(rows, node: node) }
        await hub.beat()
    }

    func tick(_ rows: String, node: String = "a") throws {
        let time = collectorClock.now()
        let frame = ByteBuffer(
            string: #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":0,"time":\#(time),"begin":1,"end":2,"rows":\#(rows)}"#)
        live.note(try TickFrame(frame.readableBytesSpan), frame: frame.readableBytesSpan, node: node, columns: columns, received: time)
    }
}

/// One who follows: what its events say.
struct Follower {
    let subscription: StreamHub.Subscription
    /// As it came.
    let bytes: ByteBuffer
    let snapshot: StreamedEvent
    private let hub: StreamHub
    private var news: AsyncStream<Void>.Iterator

    init(_ hub: StreamHub, _ query: StreamQuery = StreamQuery()) async throws {
        self.hub = hub
        subscription = try #require(await hub.subscribe(nil, query))
        news = subscription.news.makeAsyncIterator()
        bytes = try #require(await Self.event(hub, subscription.id))
        snapshot = try StreamedEvent(bytes)
    }

    mutating func next() async throws -> StreamedEvent? {
        while true {
            if let event = try await Self.event(hub, subscription.id) { return try StreamedEvent(event) }
            if await news.next() == nil { return nil }
        }
    }

    func leave() async { await hub.unsubscribe(subscription.id) }

    /// The pieces of an event; its end is an empty line.
    private static func event(_ hub: StreamHub, _ id: Int) async throws -> ByteBuffer? {
        var whole: ByteBuffer?
        while let piece = try await hub.next(id) {
            whole = (whole ?? ByteBuffer()) + piece
            if whole?.readableBytesView.suffix(2).elementsEqual("\n\n".utf8) == true { break }
        }
        return whole
    }
}

private func + (first: ByteBuffer, second: ByteBuffer) -> ByteBuffer {
    var both = first
    both.writeImmutableBuffer(second)
    return both
}

/// A server-sent event, its data as a tree.
struct StreamedEvent: Sendable {
    indirect enum Value: Sendable, Hashable, Decodable {
        case null
        case flag(Bool)
        case number(Double)
        case text(String)
        case array([Value])
        case object([String: Value])

        var text: String? { if case .text(let text) = self { text } else { nil } }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let array = try? container.decode([Value].self) {
                self = .array(array)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }
    }

    let name: String
    let members: [String: Value]

    init(_ pieces: [ByteBuffer]) throws { try self.init(pieces.reduce(ByteBuffer(), +)) }

    init(_ event: ByteBuffer) throws {
        let lines = String(buffer: event).split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 4 && lines[2].isEmpty && lines[3].isEmpty)
        name = String(lines[0].dropFirst("event: ".count))
        members = try JSONDecoder().decode([String: Value].self, from: Data(lines[1].dropFirst("data: ".count).utf8))
    }

    var seq: Double { if case .number(let seq)? = members["seq"] { seq } else { -1 } }
    var nodes: [[String: Value]] { objects("nodes") }
    var containers: [[String: Value]] { objects("containers") }
    var gone: [Value] { array("gone_containers") }
    var events: [[String: Value]] { objects("events") }
    var goneNodes: [Value] { array("gone_nodes") }
    /// What it says of all containers together, or of all nodes; `nil` when that hasn't changed.
    func total(_ kind: String, _ member: String) -> Double? {
        guard case .object(let totals)? = members["totals"], case .object(let all)? = totals[kind], case .number(let number)? = all[member]
        else { return nil }
        return number
    }

    private func array(_ name: String) -> [Value] { if case .array(let values)? = members[name] { values } else { [] } }

    private func objects(_ name: String) -> [[String: Value]] {
        array(name).compactMap { if case .object(let object) = $0 { object } else { nil } }
    }
}
