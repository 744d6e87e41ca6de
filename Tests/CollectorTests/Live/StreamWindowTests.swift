import StatsCore
import Synchronization
import Testing

@testable import Collector

@Suite("A fleet that is too large to be sent whole") struct StreamWindowTests {
    private static let bounds = StreamBounds(containers: 200, nodes: 100)
    private static let limit = bounds.containers

    /// One tick of containers `c0`, `c1`, … of which `cpu` tells the CPU time.
    private static func rows(_ count: Int, of node: String = "a", from first: Int = 0, cpu: (Int) -> Int = { $0 % 50 }) -> String {
        let rows = (first..<first + count).map { "[\"\(node)\($0)\",\"web-\($0)\",\(cpu($0)),1000,\"p\($0 % 7)\"]" }
        // Of four cores, of which nobody uses so much that it is worth a look.
        return #"{"container":[\#(rows.joined(separator: ","))],"cpu":[[0],[1],[2],[3]],"host":[[10,0]]}"#
    }

    private static func fixture(_ nodes: [String] = ["a"]) -> HubFixture {
        HubFixture(nodes, columns: HubFixture.columns.merging([.cpu: FrameRows.Columns(["cpu"])]) { $1 }, bounds: bounds)
    }

    private static func find(_ text: String, on node: String? = nil) -> StreamQuery {
        var query = StreamQuery()
        query.find = text
        query.node = node
        return query
    }

    private static func names(_ event: StreamedEvent) -> Set<String> { Set(event.containers.compactMap { $0["name"]?.text }) }

    @Test("Up to the bound everything is sent, and beyond it the bound, with the counts of all")
    func bound() async throws {
        let fixture = Self.fixture()
        try await fixture.second(Self.rows(Self.limit))
        let all = try await Follower(fixture.hub).snapshot
        #expect(all.containers.count == Self.limit && all.total("containers", "shown") == Double(Self.limit))
        try await fixture.second(Self.rows(Self.limit + 10))
        let some = try await Follower(fixture.hub).snapshot
        #expect(some.containers.count == Self.limit && some.total("containers", "shown") == Double(Self.limit))
        #expect(
            some.total("containers", "count") == Double(Self.limit + 10) && some.total("nodes", "containers") == Double(Self.limit + 10))
        // Those that use least stay away.
        #expect(!some.containers.contains { $0["cpu_percent"] == .number(0) })
    }

    @Test("What hurts is sent whatever it uses and whatever is asked for, from the next second on")
    func worst() async throws {
        let fixture = Self.fixture()
        try await fixture.second(Self.rows(300, cpu: { $0 == 7 ? 0 : 5 }))
        var plain = try await Follower(fixture.hub)
        var other = try await Follower(fixture.hub, Self.find("web-299"))
        #expect(!Self.names(plain.snapshot).contains("web-7"))
        #expect(Self.names(other.snapshot) == ["web-299"] && other.snapshot.total("containers", "found") == 1)
        // All of its node's cores.
        try await fixture.second(Self.rows(300, cpu: { $0 == 7 ? 399 : 5 }))
        for event in [try await plain.next(), try await other.next()] {
            let found = try #require(event?.containers.first { $0["name"] == .text("web-7") })
            #expect(found["level"] == .text("hot") && found["node"] == .text("a"))
            #expect(event?.total("containers", "hot") == 1)
        }
    }

    @Test("A query chooses by words, node and order; it is looked for again within five seconds")
    func query() async throws {
        let fixture = Self.fixture(["a", "b"])
        try fixture.tick(Self.rows(300))
        try fixture.tick(Self.rows(20, of: "b"), node: "b")
        try await fixture.second(nil)
        let both = try await Follower(fixture.hub, Self.find("P3 web"))
        #expect(Self.names(both.snapshot).count == 43 && both.snapshot.total("containers", "found") == 43 + 3)
        let onNode = try await Follower(fixture.hub, Self.find("", on: "b"))
        #expect(onNode.snapshot.containers.count == 20 && onNode.snapshot.containers.allSatisfy { $0["node"] == .text("b") })
        var least = StreamQuery()
        least.order = try #require(StreamQuery.Order("cpu_percent"))
        let idle = try await Follower(fixture.hub, least)
        #expect(idle.snapshot.containers.contains { $0["cpu_percent"] == .number(0) })
        #expect(!idle.snapshot.containers.contains { $0["cpu_percent"] == .number(49) })

        var late = try await Follower(fixture.hub, Self.find("web-late"))
        #expect(late.snapshot.containers.isEmpty)
        var told: [StreamedEvent.Value?] = []
        for _ in 0..<6 {
            let more = Self.rows(300).replacing("\"web-9\"", with: "\"web-late\"")
            try await fixture.second(more)
            told += try #require(await late.next()).containers.map { $0["name"] }
        }
        #expect(told == [.text("web-late")])
    }

    @Test("A client that keeps what it is told has at each second what a newcomer gets, however the fleet comes and goes")
    func consistent() async throws {
        let fixture = Self.fixture()
        var generator = SystemRandomNumberGenerator()
        var salt = 0
        func second(_ count: Int) async throws {
            salt = Int.random(in: 0..<1000, using: &generator)
            try await fixture.second(Self.rows(count, from: salt % 4) { ($0 * 7919 + salt) % 399 })
        }
        try await second(190)
        var follower = try await Follower(fixture.hub)
        func keyed(_ event: StreamedEvent) -> [StreamedEvent.Value: [String: StreamedEvent.Value]] {
            Dictionary(event.containers.compactMap { row in row["key"].map { ($0, row.filter { $0.key != "history" }) } }) { $1 }
        }
        var known = keyed(follower.snapshot)
        for count in [199, 210, 250, 250, 250, 250, 250, 240, 150, 230, 230] {
            try await second(count)
            let update = try #require(await follower.next())
            for key in update.gone { known[key] = nil }
            for (key, change) in keyed(update) { known[key, default: [:]].merge(change) { $1 } }
            let newcomer = try await Follower(fixture.hub)
            let whole = keyed(newcomer.snapshot)
            #expect(Set(known.keys) == Set(whole.keys), "\(count) containers, salt \(salt)")
            for (key, row) in whole { #expect(row.allSatisfy { known[key]?[$0.key] == $0.value }, "salt \(salt)") }
            #expect(known.count <= Self.limit)
            await newcomer.leave()
        }
    }

    @Test("Numbers that go up and down a little don't send containers to and fro")
    func calm() async throws {
        let fixture = Self.fixture()
        try await fixture.second(Self.rows(300) { 5 + $0 })
        var follower = try await Follower(fixture.hub)
        var new = 0
        for round in 1...10 {
            try await fixture.second(Self.rows(300) { 4 + $0 + 2 * (($0 + round) % 2) })
            let update = try #require(await follower.next())
            new += update.containers.count { $0["id"] != nil }
        }
        #expect(new == 0)
    }

    @Test("Of thousands of nodes the lost ones are sent, and those that a query names; the sums are of all")
    func nodes() async throws {
        let names = (0..<150).map { "node-\($0)" }
        let fixture = Self.fixture(names)
        for name in names { try fixture.tick(#"{"host":[[50,0]],"cpu":[[0],[1]]}"#, node: name) }
        try await fixture.second(nil)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.nodes.count == Self.bounds.nodes)
        let totals = ["count": 150.0, "connected": 150, "cores": 300, "cpu_percent": 50, "shown": 100, "recorded": 0]
        for (name, value) in totals { #expect(follower.snapshot.total("nodes", name) == value, "\(name)") }
        let hidden = try #require(names.first { name in !follower.snapshot.nodes.contains { $0["node"] == .text(name) } })
        let named = try await Follower(fixture.hub, Self.find(hidden.uppercased()))
        #expect(named.snapshot.nodes.contains { $0["node"] == .text(hidden) })
        fixture.disconnect(hidden)
        try await fixture.second(nil)
        let update = try #require(await follower.next())
        #expect(update.nodes.contains { $0["node"] == .text(hidden) && $0["connected"] == .flag(false) })
        #expect(update.total("nodes", "connected") == 149 && update.total("nodes", "hot") == 1)
        #expect(update.goneNodes.count == 1)
    }

    @Test("Words are found in any case and language, and in each name of a container")
    func words() throws {
        let search = StreamSearch.containers(Self.find("ÄRGER Shop"))
        func finds(_ name: String, _ project: String) throws -> Bool {
            let row = #"{"container":[["c1","\#(name)",1,1,"\#(project)"]]}"#
            let fixture = HubFixture()
            try fixture.tick(row)
            var fleet = Fleet()
            _ = fleet.take(fixture.report().nodes, fixture.live.all, interval: nil, at: 0)
            return try search.finds(#require(fleet.nodes["a"]?.containers.entries["c1"]).container.object)
        }
        #expect(try finds("großer-Ärger", "SHOP-2"))
        #expect(try finds("shopÄrger", "x"))
        #expect(try !finds("arger", "shop"))
    }

    @Test("Beyond eight different queries one is as without a query; one that nobody has any more makes room")
    func queries() async throws {
        let fixture = Self.fixture()
        try await fixture.second(Self.rows(210))
        var followers: [Follower] = []
        for number in 0..<FollowerGroups.queryLimit { followers.append(try await Follower(fixture.hub, Self.find("web-\(number)0"))) }
        let same = try await Follower(fixture.hub, Self.find("web-00"))
        #expect(same.snapshot.total("containers", "found") == 0)
        let beyond = try await Follower(fixture.hub, Self.find("web-2"))
        #expect(beyond.snapshot.total("containers", "found") == nil && beyond.snapshot.containers.count == Self.limit)
        await followers.removeLast().leave()
        let again = try await Follower(fixture.hub, Self.find("web-2"))
        #expect(again.snapshot.total("containers", "found") == 21)
    }

    @Test("When nobody looks, looking takes a hundredth of the time, within a minute it is done, and what happened is kept")
    func pace() async throws {
        let fixture = HubFixture()
        func looks(seconds: Int) async throws -> Int {
            let before = fixture.looks.withLock { $0 }
            for _ in 0..<seconds { try await fixture.second(#"{"host":[[50,0]],"event":[["oom","web","killed",null]]}"#) }
            return fixture.looks.withLock { $0 } - before
        }
        #expect(try await looks(seconds: 20) == 10)
        fixture.lookTime.withLock { $0 = 100 }
        _ = try await looks(seconds: 20)
        // One in ten seconds.
        #expect((9...10).contains(try await looks(seconds: 100)))
        fixture.lookTime.withLock { $0 = 5000 }
        _ = try await looks(seconds: 60)
        #expect((4...5).contains(try await looks(seconds: 300)))
        #expect(fixture.counters.all.isEmpty)
        fixture.lookTime.withLock { $0 = 100 }
        let follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.events.count == 100)
        #expect(try await looks(seconds: 6) == 6)
        await follower.leave()
    }

    @Test("A course has holes where nobody looked, and its points stand where they belong")
    func holes() async throws {
        let fixture = HubFixture()
        try await fixture.second(nil)
        fixture.lookTime.withLock { $0 = 40 }
        for value in 1...40 { try await fixture.second(#"{"container":[["c1","web",\#(value),1,null]]}"#) }
        let follower = try await Follower(fixture.hub)
        guard case .object(let history) = follower.snapshot.containers[0]["history"], case .array(let points) = history["cpu_percent"]
        else { return #expect(Bool(false), "no history") }
        let known = points.suffix(20).enumerated().filter { $0.element != .null }
        #expect((5...12).contains(known.count))
        // The newest point is of second 40 or 41, and each before it two seconds older.
        for (index, value) in known {
            guard case .number(let second) = value else { return #expect(Bool(false)) }
            #expect(abs(second - Double(39 - 2 * (19 - index))) <= 1)
        }
    }
}
