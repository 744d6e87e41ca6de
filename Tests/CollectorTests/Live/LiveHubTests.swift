import FoundationEssentials
import NIOCore
import StatsCore
import Synchronization
import Testing

@testable import Collector

@Suite("Live values") struct LiveHubTests {
    /// A hub whose nodes and ticks the test makes up.
    private final class Fixture: Sendable {
        let live = LiveStore()
        let clock = ManualClock()
        let connected = Mutex<[String]>([])
        let hub: LiveHub
        static let columns: [TableID: LiveRows.Columns] = [
            .container: LiveRows.Columns(["container_id", "container", "cpu_percent", "rx_bytes", "compose_project"]),
            .process: LiveRows.Columns(["container_id", "pid", "start_us", "comm", "cpu_percent", "read_bytes"]),
            .host: LiveRows.Columns(["cpu_percent", "psi_io_some_us"]),
            .event: LiveRows.Columns(["kind", "container", "message"]),
        ]

        init(_ nodes: [String] = ["a"]) {
            let clock = clock
            let box = Box()
            hub = LiveHub(live: live, clock: clock.clock) { box.report() }
            box.fixture.withLock { $0 = self }
            nodes.forEach(connect)
        }

        /// Lets the hub's closure find the fixture, which isn't complete when the hub is made.
        private final class Box: Sendable {
            let fixture = Mutex<Fixture?>(nil)
            func report() -> StatusReport { fixture.withLock { $0 }?.report() ?? Fixture.empty }
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
            var report = Self.empty
            report.nodes = connected.withLock { $0 }.map { node in
                NodeReport(
                    node: node, agent: "id", monitor: "", address: "127.0.0.1", isConnected: true, containers: live[node]?.containers ?? 0,
                    processes: 0, version: "1")
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
            let time = clock.now
            let frame = ByteBuffer(
                string: #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":0,"time":\#(time),"begin":1,"end":2,"rows":\#(rows)}"#)
            live.note(try TickFrame(frame.readableBytesSpan), frame: frame.readableBytesSpan, node: node, columns: Self.columns, now: time)
        }
    }

    /// One who follows: what its events say.
    private struct Follower {
        let snapshot: LiveEvent
        var updates: AsyncStream<ByteBuffer>.Iterator

        init(_ hub: LiveHub) async throws {
            let subscription = try #require(await hub.subscribe())
            snapshot = try LiveEvent(subscription.snapshot)
            updates = subscription.updates.makeAsyncIterator()
        }

        mutating func next() async throws -> LiveEvent? { try await updates.next().map(LiveEvent.init) }
    }

    @Test("A newcomer gets everything, then only what changed")
    func changes() async throws {
        let fixture = Fixture()
        try await fixture.second(#"{"container":[["c1","web",10,1000,"shop"],["c2","db",5,null,null]],"host":[[50,0]]}"#)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.name == "snapshot")
        let whole = follower.snapshot.containers
        #expect(whole.map { $0["name"] } == [.text("web"), .text("db")])
        #expect(whole[0]["project"] == .text("shop") && whole[0]["cpu_percent"] == .number(10))
        #expect(follower.snapshot.nodes.map { $0["node"] } == [.text("a")])

        try await fixture.second(#"{"container":[["c1","web",10,3048,"shop"],["c2","db",5,null,null]],"host":[[50,0]]}"#)
        let update = try #require(await follower.next())
        #expect(update.name == "update")
        // 2048 bytes in a second; nothing else of it changed, and nothing of the other.
        #expect(update.containers == [["key": whole[0]["key"]!, "rx_bytes_per_s": .number(2048)]])

        try await fixture.second(#"{"container":[["c1","web",10,5096,"shop"],["c3","new",1,0,null]],"host":[[50,0]]}"#)
        let other = try #require(await follower.next())
        #expect(other.containers.count == 1 && other.containers[0]["name"] == .text("new") && other.containers[0]["node"] == .text("a"))
        #expect(other.gone == [whole[1]["key"]!])
        #expect(other.seq == update.seq + 1)
    }

    @Test("Unknown values are null, never zero: without a reading before, and when a counter began again")
    func unknown() async throws {
        let fixture = Fixture()
        try await fixture.second(#"{"container":[["c1","web",null,9000,null]]}"#)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.containers[0]["cpu_percent"] == .null)
        #expect(follower.snapshot.containers[0]["rx_bytes_per_s"] == .null)
        try await fixture.second(#"{"container":[["c1","web",null,9100,null]]}"#)
        #expect(try await follower.next()?.containers.first?["rx_bytes_per_s"] == .number(100))
        try await fixture.second(#"{"container":[["c1","web",null,50,null]]}"#)
        #expect(try await follower.next()?.containers.first?["rx_bytes_per_s"] == .null)
    }

    @Test("A tick that came without containers doesn't empty the table; a second one does")
    func heldOver() async throws {
        let fixture = Fixture()
        try await fixture.second(#"{"container":[["c1","web",1,1,null]]}"#)
        var follower = try await Follower(fixture.hub)
        try await fixture.second(#"{"host":[[50,0]]}"#)
        #expect(try await follower.next()?.gone == [])
        try await fixture.second(#"{"host":[[50,0]]}"#)
        #expect(try await follower.next()?.gone == [.number(1)])
    }

    @Test("Everything that happened is told, also by ticks that no value is looked at of; processes that were seen are not")
    func events() async throws {
        let fixture = Fixture()
        try await fixture.second(#"{"event":[["container start","web",null],["process","web","sh"]]}"#)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.events.map { $0["kind"] } == [.text("container start")])
        for message in ["one", "two"] { try fixture.tick(#"{"event":[["mark",null,"\#(message)"]]}"#) }
        try await fixture.second(nil)
        let events = try #require(await follower.next()).events
        #expect(events.map { $0["message"] } == [.text("one"), .text("two")] && events[0]["node"] == .text("a"))
        try await fixture.second(nil)
        #expect(try await follower.next()?.events == [])
    }

    @Test("A lost node is listed as lost, its containers are gone; it goes after ten minutes, and comes back as it was")
    func lost() async throws {
        let fixture = Fixture(["a", "b"])
        try await fixture.second(#"{"container":[["c1","web",1,1,null]],"host":[[50,0]]}"#)
        var follower = try await Follower(fixture.hub)
        fixture.disconnect("a")
        try await fixture.second(nil)
        let lost = try #require(await follower.next())
        let node = try #require(lost.nodes.first { $0["node"] == .text("a") })
        #expect(node["connected"] == .flag(false) && node["lost_ms"] == .number(0) && node["cpu_percent"] == .null)
        #expect(lost.gone == [.number(1)])
        fixture.clock.advance(milliseconds: 599_000)
        try await fixture.second(nil)
        #expect(try await follower.next()?.goneNodes == [])
        try await fixture.second(nil)
        #expect(try await follower.next()?.goneNodes == [.text("a")])
        fixture.connect("a")
        try await fixture.second(#"{"container":[["c1","web",1,1,null]]}"#)
        let back = try #require(await follower.next())
        #expect(back.containers.first?["name"] == .text("web"))
        #expect(back.nodes.contains { $0["node"] == .text("a") && $0["connected"] == .flag(true) })
    }

    @Test("A newcomer sees the last minutes, with holes where nothing was known")
    func history() async throws {
        let fixture = Fixture()
        for value in 0..<20 {
            let rows = (8..<12).contains(value) ? #"{"container":[["c1","web",null,1,null]]}"# : #"{"container":[["c1","web",7,1,null]]}"#
            try await fixture.second(rows)
        }
        let follower = try await Follower(fixture.hub)
        guard case .object(let history) = follower.snapshot.containers[0]["history"], case .array(let points) = history["cpu_percent"]
        else { return #expect(Bool(false), "no history") }
        #expect(points.suffix(10) == [7, 7, 7, 7, nil, nil, 7, 7, 7, 7].map { $0.map { .number($0) } ?? .null })
    }

    @Test("Details name a container's processes, those that use most first, and find it by the beginning of its id")
    func detail() async throws {
        let fixture = Fixture()
        // Somebody looks, so that every second counts.
        let follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.containers.isEmpty)
        for read in [1000, 5000] {
            let processes = #"["c1",1,5,"sh",1,null],["c1",2,6,"cc<b>",90,\#(read)],["c2",3,7,"other",99,null]"#
            try await fixture.second(#"{"container":[["c1","web",1,1,null],["c2","db",1,1,null]],"process":[\#(processes)]}"#)
        }
        let detail = try await LiveEvent(fixture.hub.detail(.container("web"), withCharts: true))
        guard case .object(let container)? = detail.members["container"], case .array(let processes)? = container["processes"],
            case .object(let first)? = processes.first, case .array(let charts)? = container["charts"]
        else { return #expect(Bool(false), "\(detail)") }
        #expect(processes.count == 2)
        #expect(first["comm"] == .text("cc<b>") && first["read_bytes_per_s"] == .number(4000))
        #expect(charts.count == 4)
        let absent = try await LiveEvent(fixture.hub.detail(.container("c"), withCharts: true))
        #expect(absent.members["container"] == .null)
        guard case .text(let message)? = absent.members["message"] else { return #expect(Bool(false)) }
        #expect(message.contains("fits 2 containers"))
    }

    @Test("Numbers beyond belief, and cells that are no values, bring nothing down and break no event")
    func hostile() async throws {
        let fixture = Fixture()
        let rows =
            #"{"container":[["c1","web",1e999,18446744073709551615,[1,\n\n2]]],"event":[["x",{"a":\n\n1},null]],"host":[[-1e308,1]]}"#
        for _ in 0..<3 {
            try await fixture.second(rows.replacing("\\n", with: "\n"))
            let follower = try await Follower(fixture.hub)
            #expect(follower.snapshot.containers.count == 1)
            _ = try await LiveEvent(fixture.hub.detail(.node("a"), withCharts: true))
            _ = try await LiveEvent(fixture.hub.detail(.container("c1"), withCharts: true))
        }
    }

    @Test("Who doesn't take events is let go, who ends is forgotten, and there is a bound")
    func subscribers() async throws {
        let fixture = Fixture()
        try await fixture.second(#"{"host":[[50,0]]}"#)
        let slow = try #require(await fixture.hub.subscribe())
        for _ in 0..<20 { try await fixture.second(nil) }
        var events = 0
        for await _ in slow.updates { events += 1 }
        #expect(events > 0 && events < 20)
        var open: [LiveHub.Subscription] = []
        for _ in 0..<LiveHub.subscriberLimit { open.append(try #require(await fixture.hub.subscribe())) }
        #expect(await fixture.hub.subscribe() == nil)
        await fixture.hub.unsubscribe(open[0].id)
        #expect(await fixture.hub.subscribe() != nil)
        await fixture.hub.end()
        for await _ in open[1].updates {}
        #expect(await fixture.hub.subscribe() == nil)
    }
}

/// A server-sent event, its data as a tree.
struct LiveEvent: Sendable {
    indirect enum Value: Sendable, Equatable, Decodable {
        case null
        case flag(Bool)
        case number(Double)
        case text(String)
        case array([Value])
        case object([String: Value])

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

    private func array(_ name: String) -> [Value] { if case .array(let values)? = members[name] { values } else { [] } }

    private func objects(_ name: String) -> [[String: Value]] {
        array(name).compactMap { if case .object(let object) = $0 { object } else { nil } }
    }
}
