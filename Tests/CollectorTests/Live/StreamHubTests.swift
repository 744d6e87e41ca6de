import FoundationEssentials
import NIOCore
import StatsCore
import Synchronization
import Testing

@testable import Collector

@Suite("Live values") struct StreamHubTests {
    @Test("A newcomer gets everything, then only what changed")
    func changes() async throws {
        let fixture = HubFixture()
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

    @Test("A kill is told however many processes another node starts meanwhile, and events that nobody was told in time are counted")
    func flood() async throws {
        let fixture = HubFixture(["a", "b"])
        await fixture.hub.beat()
        var follower = try await Follower(fixture.hub)
        try fixture.tick(#"{"event":[["process","db","init",null],["oom","db","killed",null],["process","db","sh",null]]}"#)
        let command = String(repeating: "x", count: 10_000)
        for _ in 0..<600 { try fixture.tick(#"{"event":[["process","job","\#(command)",null]]}"#, node: "b") }
        await fixture.hub.beat()
        let told = try #require(await follower.next()).events
        #expect(told.map { $0["kind"] } == [.text("oom")] && told.first?["message"] == .text("killed"))
        #expect(fixture.counters.all.isEmpty)

        for rounds in 1...2 {
            for _ in 0..<510 { try fixture.tick(#"{"event":[["container die","job",null,null]]}"#, node: "b") }
            await fixture.hub.beat()
            #expect(try #require(await follower.next()).events.count == 500)
            #expect(fixture.counters.all == ["live_event_dropped": UInt64(10 * rounds)])
        }
    }

    @Test("Unknown values are null, never zero: without a reading before, and when a counter began again")
    func unknown() async throws {
        let fixture = HubFixture()
        try await fixture.second(#"{"container":[["c1","web",null,9000,null]]}"#)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.containers[0]["cpu_percent"] == .null)
        #expect(follower.snapshot.containers[0]["rx_bytes_per_s"] == .null)
        try await fixture.second(#"{"container":[["c1","web",null,9100,null]]}"#)
        #expect(try await follower.next()?.containers.first?["rx_bytes_per_s"] == .number(100))
        try await fixture.second(#"{"container":[["c1","web",null,50,null]]}"#)
        #expect(try await follower.next()?.containers.first?["rx_bytes_per_s"] == .null)
    }

    @Test("A reading that is told again by a clock that moved holds the rate, and another start of a container has none")
    func repeatedAndStartedAnew() async throws {
        let columns = ["container_id", "container", "rx_bytes", "sample_age_us", "started_us"]
        let fixture = HubFixture(columns: [.container: FrameRows.Columns(columns)])
        var follower: Follower?
        var rates: [StreamedEvent.Value?] = []
        let rows = [
            "1000,0,7", "2000,0,7", "2000,999700,7", "3000,1000000,7", "4000,1000000,7", "9000,1000000,8", "9500,1000000,8",
        ]
        for row in rows {
            try await fixture.second("{\"container\":[[\"c1\",\"web\",\(row)]]}")
            if follower == nil {
                follower = try await Follower(fixture.hub)
            } else {
                rates.append(try await follower?.next()?.containers.first?["rx_bytes_per_s"])
            }
        }
        // What stays as it was isn't told again.
        #expect(rates == [.number(1000), nil, nil, nil, .null, .number(500)])
    }

    @Test("What a node reads from its disks is counted once, whatever is stacked on them, parted from them, or made of memory")
    func disks() async throws {
        let fixture = HubFixture(columns: [.disk: FrameRows.Columns(["device", "read_sectors"])])
        let devices = [
            "sda", "sda1", "sda12", "nvme0n1", "nvme0n1p1", "nvme0n2", "mmcblk0", "mmcblk0p2", "dm-0", "md127", "loop3", "zram0", "vdb",
        ]
        for sectors in [0, 2] {
            let rows = devices.map { "[\"\($0)\",\(sectors)]" }.joined(separator: ",")
            try await fixture.second("{\"disk\":[\(rows)]}")
            _ = try await Follower(fixture.hub)
        }
        let node = try #require(try await Follower(fixture.hub).snapshot.nodes.first)
        // sda, nvme0n1, nvme0n2, mmcblk0 and vdb: two sectors each.
        #expect(node["disk_read_bytes_per_s"] == .number(5 * 1024))
    }

    @Test("A tick that came without containers doesn't empty the table; a second one does")
    func heldOver() async throws {
        let fixture = HubFixture()
        try await fixture.second(#"{"container":[["c1","web",1,1,null]]}"#)
        var follower = try await Follower(fixture.hub)
        try await fixture.second(#"{"host":[[50,0]]}"#)
        #expect(try await follower.next()?.gone == [])
        try await fixture.second(#"{"host":[[50,0]]}"#)
        #expect(try await follower.next()?.gone == [.number(1)])
    }

    @Test("Everything that happened is told, also by ticks that no value is looked at of; processes that were seen are not")
    func events() async throws {
        let fixture = HubFixture()
        try await fixture.second(#"{"event":[["container start","web",null,null],["process","web","sh",null]]}"#)
        var follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.events.map { $0["kind"] } == [.text("container start")])
        for message in ["one", "two"] { try fixture.tick(#"{"event":[["mark",null,"\#(message)",null]]}"#) }
        try await fixture.second(nil)
        let events = try #require(await follower.next()).events
        #expect(events.map { $0["message"] } == [.text("one"), .text("two")] && events[0]["node"] == .text("a"))
        try await fixture.second(nil)
        #expect(try await follower.next()?.events == [])
    }

    @Test("An event says how much it should worry, a decision by how it ended")
    func eventLevels() async throws {
        let fixture = HubFixture()
        let detail = #""{\"ranking\":[],\"result\":\"failed\"}""#
        try await fixture.second(
            #"{"event":[["container start","web",null,null],["container die","web",null,null],["oom","web",null,null],"#
                + #"["action","web",null,\#(detail)],["action","web",null,"{"],["mark",null,null,\#(detail)]]}"#)
        let levels = try await Follower(fixture.hub).snapshot.events.map { $0["level"] }
        #expect(levels == ["ok", "warm", "hot", "hot", "ok", "ok"].map { .text($0) })
    }

    @Test("A node that sends every five seconds does not lag between its ticks, and one that stays away does")
    func lag() async throws {
        let fixture = HubFixture()
        func level() async throws -> StreamedEvent.Value? {
            guard case .object(let levels)? = try await Follower(fixture.hub).snapshot.nodes.first?["levels"] else { return nil }
            return levels["last_tick_age_ms"]
        }
        for second in 0..<29 {
            try await fixture.second(second % 5 == 0 && second <= 10 ? #"{"host":[[50,0]]}"# : nil)
            // The last tick came at second 10; before the second one nobody knows how often they come.
            if second >= 5 { #expect(try await level() == (second < 25 ? nil : .text("warm")), "\(second)") }
        }
    }

    @Test("A lost node is listed as lost, its containers are gone; it goes after ten minutes, and comes back as it was")
    func lost() async throws {
        let fixture = HubFixture(["a", "b"])
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
        let fixture = HubFixture()
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
        let fixture = HubFixture()
        // Somebody looks, so that every second counts.
        let follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.containers.isEmpty)
        for read in [1000, 5000] {
            let processes = #"["c1",1,5,"sh",1,null],["c1",2,6,"cc<b>",90,\#(read)],["c2",3,7,"other",99,null]"#
            try await fixture.second(#"{"container":[["c1","web",1,1,null],["c2","db",1,1,null]],"process":[\#(processes)]}"#)
        }
        let detail = try await StreamedEvent(fixture.hub.detail(.container("web"), withCharts: true))
        guard case .object(let container)? = detail.members["container"], case .array(let processes)? = container["processes"],
            case .object(let first)? = processes.first, case .array(let charts)? = container["charts"]
        else { return #expect(Bool(false), "\(detail)") }
        #expect(processes.count == 2)
        #expect(first["comm"] == .text("cc<b>") && first["read_bytes_per_s"] == .number(4000))
        #expect(charts.count == 4)
        let absent = try await StreamedEvent(fixture.hub.detail(.container("c"), withCharts: true))
        #expect(absent.members["container"] == .null)
        guard case .text(let message)? = absent.members["message"] else { return #expect(Bool(false)) }
        #expect(message.contains("fits 2 containers"))
    }

    @Test("A node's detail names its units, judged and with rates, those that use most where there are more than five hundred")
    func units() async throws {
        let fixture = HubFixture()
        let follower = try await Follower(fixture.hub)
        for read in [1000, 5000] {
            let many = (0..<501).map { #"["s\#($0).service","service","/s\#($0).service",\#($0 + 1),1,null,0]"# }
            let one = #"["mysql.service","service","/system.slice/mysql.service",250,4096,\#(read),1]"#
            try await fixture.second(#"{"host":[[97,0]],"unit":[\#((many + [one]).joined(separator: ","))]}"#)
        }
        let detail = try await StreamedEvent(fixture.hub.detail(.node("a"), withCharts: false))
        guard case .object(let members)? = detail.members["node"], case .array(let units)? = members["units"] else {
            return #expect(Bool(false), "\(detail)")
        }
        #expect(units.count == 500 && members["units_left_out"] == .number(2))
        let found = units.compactMap { unit -> [String: StreamedEvent.Value]? in
            if case .object(let members) = unit, members["unit"] == .text("mysql.service") { members } else { nil }
        }
        let unit = try #require(found.first)
        #expect(unit["io_read_bytes_per_s"] == .number(4000) && unit["kind"] == .text("service"))
        #expect(unit["cgroup"] == .text("/system.slice/mysql.service") && unit["levels"] == .object(["oom_kills": .text("warm")]))
        #expect(!units.contains { if case .object(let unit) = $0 { unit["unit"] == .text("s0.service") } else { true } })
        let node = try #require(try await Follower(fixture.hub).snapshot.nodes.first)
        #expect(node["busiest"] == .text("unit s500.service") && node["busiest_cpu_percent"] == .number(501))
        #expect(node["busiest_kind"] == .text("unit"))
        await follower.leave()
    }

    @Test("In a large fleet only the nodes whose cores are warm are looked through for who uses most")
    func busiestOfMany() async throws {
        let fixture = HubFixture((0...100).map { "n\($0)" })
        let follower = try await Follower(fixture.hub)
        #expect(follower.snapshot.nodes.count == 101)
        for (node, use) in [("n1", 79), ("n2", 80)] {
            try fixture.tick(#"{"host":[[\#(use),0]],"unit":[["a.service","service","/a",90,1,1,0]]}"#, node: node)
        }
        try await fixture.second(nil)
        let newcomer = try await Follower(fixture.hub)
        let named = newcomer.snapshot.nodes.filter { $0["busiest"] == .text("unit a.service") }
        #expect(named.map { $0["node"] } == [.text("n2")])
    }

    @Test("Numbers beyond belief, and cells that are no values, bring nothing down and break no event")
    func hostile() async throws {
        let fixture = HubFixture()
        let rows =
            #"{"container":[["c1","web",1e999,18446744073709551615,[1,\n\n2]]],"event":[["x",{"a":\n\n1},null,null]],"host":[[-1e308,1]]}"#
        for _ in 0..<3 {
            try await fixture.second(rows.replacing("\\n", with: "\n"))
            let follower = try await Follower(fixture.hub)
            #expect(follower.snapshot.containers.count == 1)
            _ = try await StreamedEvent(fixture.hub.detail(.node("a"), withCharts: true))
            _ = try await StreamedEvent(fixture.hub.detail(.container("c1"), withCharts: true))
        }
    }

    @Test("Who follows when all others have left sees what is so by then")
    func afterwards() async throws {
        let fixture = HubFixture()
        for percent in [50.0, 70] {
            try await fixture.second(#"{"host":[[\#(percent),0]]}"#)
            let follower = try await Follower(fixture.hub)
            #expect(follower.snapshot.nodes.first?["cpu_percent"] == .number(percent))
            await follower.leave()
        }
    }

    @Test("Who doesn't take events is let go, who ends is forgotten, and there is a bound")
    func subscribers() async throws {
        let fixture = HubFixture()
        try await fixture.second(#"{"host":[[50,0]]}"#)
        let slow = try #require(await fixture.hub.subscribe())
        for _ in 0..<8 { try await fixture.second(nil) }
        #expect(try await fixture.hub.next(slow.id) != nil)
        for _ in 0..<12 { try await fixture.second(nil) }
        for await _ in slow.news {}
        await #expect(throws: Followers.LetGo.self) { try await fixture.hub.next(slow.id) }
        var open: [StreamHub.Subscription] = []
        for _ in 0..<Followers.limit { open.append(try #require(await fixture.hub.subscribe())) }
        #expect(await fixture.hub.subscribe() == nil)
        await fixture.hub.unsubscribe(open[0].id)
        #expect(await fixture.hub.subscribe() != nil)
        await fixture.hub.end()
        for await _ in open[1].news {}
        #expect(await fixture.hub.subscribe() == nil)
    }
}
