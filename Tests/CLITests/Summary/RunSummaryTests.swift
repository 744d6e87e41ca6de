import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("sonde summary") struct RunSummaryTests {
    private static let container =
        "tick,node,container_id,container,image,sample_age_us,cpu_us,memory_usage_bytes,memory_working_set_bytes,started_us"

    private func wish(_ kinds: SubjectKind..., from: String? = nil, to: String? = nil, columns: [String] = []) -> RunSummary.Wish {
        RunSummary.Wish(kinds: kinds, columns: columns, ends: RunWindow.Ends(from: from, to: to))
    }

    @Test(
        "CPU is the growth of a counter over the time between its own readings, and its total the CPU-seconds; memory is that of each tick")
    func container() async throws {
        var run = try UseRun()
        run.table(
            "container", Self.container,
            """
            0,a,aaa,"burn, half",img,500000,1000,100,90,
            0,a,bbb,hold,img,-100,5,900,,
            1,a,aaa,"burn, half",img,500000,501000,120,80,
            1,a,bbb,hold,img,-100,10,800,,
            2,a,aaa,"burn, half",img,0,1251000,110,85,
            2,a,ccc,late,,0,7,,,
            2,b,aaa,other node,img,,,,,
            """)
        let summary = try await run.summary(wish(.container))
        #expect(summary.uses.count == 2, "one without a value is none")
        let use = try #require(summary.use(.container, "burn, half"))
        #expect(use.facts.id == "aaa" && use.facts.image == "img" && use.instances == 1)
        let cpu = try #require(use[Measure.cpu])
        #expect(cpu.total == 1.25 && cpu.mean == 50 && cpu.max == 50 && cpu.value(.p50) == 50 && cpu.seconds == 2.5)
        let memory = try #require(use[Measure.memory])
        #expect(memory.mean == 110 && memory.max == 120 && memory.value(.p50) == 110 && memory.total == 330)
        #expect(use[Measure.workingSet]?.max == 90 && use[Measure.read] == nil)
        // Nobody knows how much of its counter was used in the run.
        #expect(summary.use(.container, "late") == nil)
    }

    @Test(
        "A container that began within the run used all that its counter says, also when it has a single row; one that began before did not"
    )
    func began() async throws {
        var run = try UseRun()
        run.table(
            "container", Self.container,
            """
            2,a,new,short,i,0,300000,5,,\(UseRun.uptime + 1_500_000)
            2,a,old,found,i,0,300000,5,,\(UseRun.uptime - 1)
            """)
        let summary = try await run.summary(wish(.container))
        let short = try #require(summary.use(.container, "short")?[Measure.cpu])
        #expect(short.total == 0.3 && short.mean == 60, "over the half second of its life")
        #expect(short.value(.p50) == 30 && short.max == 60, "as part of its tick")
        #expect(summary.use(.container, "found")?[Measure.cpu]?.total == nil)
    }

    @Test("What began and ended between two ticks used its CPU in that interval: neither its mean nor its maximum is of a moment")
    func moments() async throws {
        var run = try UseRun()
        run.table(
            "container", Self.container + ",state", "2,a,new,short,i,0,300000,5,,\(UseRun.uptime + 1_500_000),exited\n")
        var rows = ""
        for tick in 1...4 {
            rows += "\(tick),a,,,\(tick),\(UseRun.uptime + UInt64(tick) * 1_000_000 - 300_000),cc1,20000,0,,,0,,X,7\n"
        }
        run.table("process", Self.process, rows)
        let summary = try await run.summary(wish(.container, .process))
        for (use, percent) in [(summary.use(.container, "short"), 30.0), (summary.use(.process, "cc1"), 2)] {
            let cpu = try #require(use?[Measure.cpu])
            #expect(cpu.mean == percent && cpu.max == percent && cpu.value(.p99) == percent)
        }
    }

    @Test("No mean is above its maximum, whatever began and ended when", arguments: 0..<20)
    func meansAndMaxima(_ seed: UInt64) async throws {
        var random = SeededRandom(state: seed)
        var lives: [(pid: Int, begin: Int64, end: Int64, share: Double)] = []
        for pid in 1...12 {
            let begin = Int64.random(in: -1_000_000..<5_000_000, using: &random)
            lives.append((pid, begin, begin + .random(in: 1..<4_000_000, using: &random), .random(in: 0...1, using: &random)))
        }
        var rows = ""
        for tick in 0...5 {
            let now = Int64(tick) * 1_000_000
            for life in lives where life.begin < now && life.end > now - 1_000_000 {
                let used = Int64(Double(min(now, life.end) - life.begin) * life.share)
                rows +=
                    "\(tick),a,,,\(life.pid),\(Int64(UseRun.uptime) + life.begin),p\(life.pid % 3),\(used),0,1,,0,,\(life.end < now ? "X" : "R"),1\n"
            }
        }
        var run = try UseRun()
        run.table("process", Self.process, rows)
        for use in try await run.summary(wish(.process, .program)).uses {
            guard let cpu = use[Measure.cpu], let mean = cpu.mean, let highest = cpu.max else { continue }
            #expect(mean <= highest, "\(use.subject)")
        }
    }

    @Test(
        "The most memory that a container or process ever had was in the part if it began there or grew there, and is else nobody's"
    )
    func peaks() async throws {
        let begin = UseRun.uptime
        var run = try UseRun()
        run.table(
            "container", Self.container + ",memory_peak_bytes",
            """
            1,a,n,new,i,0,1,10,,\(begin + 500_000),64000
            1,a,o,old,i,0,1,20,,\(begin - 1),90000
            2,a,o,old,i,0,1,30,,\(begin - 1),90000
            1,a,g,grown,i,0,1,20,,\(begin - 1),500
            2,a,g,grown,i,0,1,30,,\(begin - 1),700
            """)
        run.table("process", Self.process, "1,a,,,1,10,old,0,0,50,,0,,S,900\n2,a,,,1,10,old,0,0,60,,0,,S,950\n")
        let summary = try await run.summary(wish(.container, .process))
        for (name, most) in [("new", 64000.0), ("old", 30), ("grown", 700)] {
            #expect(summary.use(.container, name)?[Measure.memory]?.max == most, "\(name)")
        }
        #expect(summary.use(.process, "old")?[Measure.memory]?.max == 950)
    }

    @Test("A counter that began anew counts from zero, also where it soon was beyond what it had been")
    func restarts() async throws {
        var run = try UseRun()
        run.table(
            "container", Self.container,
            """
            0,a,a,reset,i,0,100,,,
            0,a,b,again,i,0,100,,,7
            1,a,a,reset,i,0,300,,,
            1,a,b,again,i,0,300,,,
            2,a,a,reset,i,0,50,,,
            2,a,b,again,i,0,900,,,8
            3,a,b,again,i,0,950,,,8
            """)
        let summary = try await run.summary(wish(.container))
        #expect(summary.use(.container, "reset")?[Measure.cpu]?.total == 250e-6)
        #expect(summary.use(.container, "again")?[Measure.cpu]?.total == 1150e-6)
    }

    @Test("A reading that is told at two ticks is one, and its rate holds until the next")
    func repeated() async throws {
        var run = try UseRun()
        run.table(
            "container", Self.container,
            """
            0,a,a,once,i,0,100,,,
            1,a,a,once,i,1000000,100,,,
            0,a,b,slow,i,0,0,,,
            1,a,b,slow,i,0,500000,,,
            2,a,b,slow,i,1000000,500000,,,
            3,a,b,slow,i,0,1500000,,,
            """)
        let summary = try await run.summary(wish(.container))
        #expect(summary.use(.container, "once")?[Measure.cpu]?.total == nil)
        let slow = try #require(summary.use(.container, "slow")?[Measure.cpu])
        #expect(slow.total == 1.5 && slow.mean == 50 && slow.value(.p50) == 50 && slow.max == 50)
    }

    @Test("Between two marks only what was used there counts: peaks are of the part, not of the container's life")
    func window() async throws {
        var run = try UseRun()
        run.marks([(1, "load on"), (3, "load off"), (4, "load on"), (5, "load off")])
        var rows = ""
        for (tick, (cpu, memory)) in [(0, 900), (100, 100), (300_100, 200), (800_100, 150), (900_100, 800), (900_200, 1)].enumerated() {
            rows += "\(tick),a,x,web,i,0,\(cpu),\(memory),,7\n"
        }
        run.table("container", Self.container, rows)
        let part = try await run.summary(wish(.container, from: "load on", to: "load off"))
        #expect(part.window.ticks == 1...3 && part.remarks.contains { $0.contains("2 times") })
        let use = try #require(part.use(.container, "web"))
        #expect(use[Measure.cpu]?.total == 0.8 && use[Measure.cpu]?.mean == 40 && use[Measure.cpu]?.max == 50)
        #expect(use[Measure.memory]?.max == 200 && use[Measure.memory]?.mean == 150)
        #expect(try await run.summary(wish(.container, from: "4s")).use(.container, "web")?[Measure.memory]?.max == 800)
    }

    @Test("A mark that isn't there is refused by an error that names those that are; so is a part that is none")
    func noMark() async throws {
        var run = try UseRun()
        run.marks([(1, "load on")])
        for (ends, code) in [
            (wish(.host, from: "lod on"), "no_mark"), (wish(.host, from: "4s", to: "2s"), "bad_time"),
            (wish(.host, from: "9h"), "bad_time"),
        ] {
            let error = await #expect(throws: CommandFailure.self) { try await run.summary(ends) }
            #expect(error?.code == code && error?.message.contains("“load on”") == true, "\(error?.message ?? "")")
        }
    }

    @Test(
        "Containers of one service, name or image are one, over all nodes: their values at a tick are added up, however far a node is behind"
    )
    func services() async throws {
        var run = try UseRun()
        let header = "tick,node,container_id,container,image,compose_project,compose_service,network,memory_usage_bytes,rx_bytes"
        var (first, second) = ("", "")
        for tick in 0..<6 {
            first += "\(tick),a,a\(tick / 3),web,img,shop,web,own,\(10 + tick),\(tick * 100)\n"
            second += "\(tick),b,b,web-2,img,shop,web,container:a0,100,\(tick * 100)\n"
        }
        run.table("container", header, first + second)
        let summary = try await run.summary(wish(.service, .image, .name, .container))
        for (kind, name) in [(SubjectKind.service, "shop/web"), (.image, "img")] {
            let use = try #require(summary.use(kind, name))
            #expect(use.subject.node.isEmpty && use.instances == 3)
            #expect(use[Measure.memory]?.max == 115 && use[Measure.memory]?.mean == 112.5 && use[Measure.memory]?.value(.p50) == 112)
            // The second has the network of the first, whose traffic counts once; the third began anew at tick 3.
            #expect(use[Measure.received]?.total == 400 && use[Measure.received]?.max == 100)
        }
        #expect(summary.use(.name, "web")?[Measure.memory]?.max == 15)
        let made = try #require(summary.use(.container, "web"))
        #expect(made.instances == 2 && made[Measure.memory]?.mean == 12.5, "one that is made again under its name is the same")
        #expect(summary.use(.container, "web-2")?[Measure.received]?.total == 500)
    }

    @Test("A host has its CPU, memory, and the traffic of the devices that carry bytes of their own")
    func hosts() async throws {
        var run = try UseRun()
        run.table(
            "host",
            "tick,node,cpu_percent,cpu_user_us,cpu_nice_us,cpu_system_us,cpu_irq_us,cpu_softirq_us,cpu_steal_us,memory_total_bytes,memory_available_bytes,uptime_us",
            """
            0,a,,0,0,0,0,0,0,1000,900,500000000
            1,a,10,150000,0,50000,0,0,0,1000,500,501000000
            2,a,30,700000,0,50000,0,50000,0,1000,700,502000000
            """)
        run.table(
            "network", "tick,node,interface,rx_bytes,tx_bytes",
            """
            0,a,eth0,1000,5
            0,a,lo,7,7
            0,a,docker0,50,50
            1,a,eth0,1500,5
            1,a,lo,9999,9999
            1,a,docker0,550,50
            4,a,eth0,3600,6
            """)
        run.table("disk", "tick,node,device,read_sectors,write_sectors", "0,a,sda,0,0\n0,a,sda1,0,0\n1,a,sda,2,1\n1,a,sda1,2,1\n")
        let host = try #require(try await run.summary(wish(.host)).use(.host, "a"))
        #expect(host[Measure.cpu]?.mean == 20 && host[Measure.cpu]?.max == 30 && host[Measure.cpu]?.total == 0.8)
        #expect(host[Measure.memory]?.mean == 300 && host[Measure.memory]?.max == 500)
        let received = try #require(host[Measure.received])
        #expect(received.total == 2600 && received.mean == 650 && received.max == 700, "what came over a gap counts for each of its ticks")
        #expect(received.value(.p50) == 700)
        #expect(host[Measure.read]?.total == 1024 && host[Measure.written]?.mean == 512)
    }

    private static let process =
        "tick,node,container_id,container,pid,start_us,comm,cpu_user_us,cpu_system_us,rss_bytes,unit,uid,user,state,peak_rss_bytes"

    @Test("Processes of one name are one thing: their CPU time, also of those that lived for one tick, and the most of all at once")
    func programs() async throws {
        let begin = UseRun.uptime
        var run = try UseRun()
        run.table(
            "process", Self.process,
            """
            0,a,,,1,10,cc1,100,100,50,a.service,33,web,S,
            0,a,,,2,11,cc1,0,0,30,a.service,33,web,S,
            0,a,,,3,12,cc1,7,7,9,,0,root,S,
            1,a,,,1,10,cc1,600100,100,60,a.service,33,web,S,
            1,a,,,2,11,cc1,100000,0,30,a.service,33,web,S,
            1,a,abc,box,4,\(begin + 400),cc1,1000,500,5,,0,root,S,
            2,a,,,9,\(begin + 400),cc1,5000,0,10,a.service,33,web,S,
            """)
        let summary = try await run.summary(wish(.process, .program))
        let all = try #require(summary.use(.process, "cc1"))
        #expect(all.instances == 5 && all[Measure.memory]?.max == 95)
        #expect(((all[Measure.cpu]?.total ?? 0) - 0.7065).magnitude < 1e-9)
        let programs = summary.uses.filter { $0.subject.kind == .program }
        #expect(programs.count == 3)
        let web = try #require(programs.first { $0.facts.user == "web" })
        #expect(web.facts.unit == "a.service" && web.facts.container == nil && web.instances == 3)
        #expect(web[Measure.cpu]?.mean == 35.25 && web[Measure.cpu]?.max == 70 && web[Measure.memory]?.mean == 60)
        #expect(programs.first { $0.facts.container == "box" }?[Measure.cpu]?.total == 1500e-6)
    }

    @Test("One that was always busy since it began within the run used one core, however soon behind a tick that was")
    func busy() async throws {
        var run = try UseRun()
        let start = UseRun.uptime + 10_000
        run.table(
            "process", Self.process, "1,a,,,1,\(start),cc1,990000,0,1,,0,,R,\n2,a,,,1,\(start),cc1,1990000,0,1,,0,,R,\n")
        let cpu = try #require(try await run.summary(wish(.process)).use(.process, "cc1")?[Measure.cpu])
        #expect(cpu.total == 1.99 && cpu.mean == 100 && cpu.max == 100)
    }

    @Test("A process that comes to run another program is one process, and its CPU time is told once")
    func exec() async throws {
        var run = try UseRun()
        run.table(
            "process", Self.process,
            "0,a,,,1,10,sh,0,0,1,,0,,S,\n1,a,,,1,10,make,400,0,1,,0,,S,\n2,a,,,1,10,make,900,0,1,,0,,S,\n")
        let uses = try await run.summary(wish(.process)).uses
        #expect(uses.compactMap { $0[Measure.cpu]?.total }.reduce(0, +) == 900e-6)
        #expect(uses.filter { $0.instances > 0 }.map(\.subject.name) == ["make"])
    }

    @Test("What a process used up to its end counts once, also when its last row is its only one, and so does the most memory that it had")
    func ended() async throws {
        let begin = UseRun.uptime
        var run = try UseRun()
        run.table(
            "process", Self.process,
            """
            0,a,,,1,10,make,100,0,50,,0,,S,9000
            1,a,,,1,10,make,1100,0,50,,0,,S,9000
            1,a,,,2,\(begin + 400),cc1,200000,50000,,,0,,X,700
            1,a,,,3,\(begin + 1_000_000),cc1,0,0,60,,0,,R,80
            2,a,,,1,10,make,2100,0,,,0,,X,9000
            2,a,,,3,\(begin + 1_000_000),cc1,400000,0,,,0,,X,90
            2,a,,,4,\(begin - 100),cc1,70000,0,,,0,,X,99999
            """)
        let summary = try await run.summary(wish(.process))
        let compiler = try #require(summary.use(.process, "cc1"))
        // The last one began before the run: how much of it was used within isn't known.
        #expect(compiler.instances == 3 && compiler[Measure.cpu]?.total == 0.65)
        #expect(compiler[Measure.memory]?.max == 700 && compiler[Measure.memory]?.mean == 60)
        let make = try #require(summary.use(.process, "make"))
        #expect(make[Measure.cpu]?.total == 2000e-6 && make[Measure.memory]?.max == 50)
    }

    @Test("Any other column is summed up when it is asked for; one that no table has is refused, and one that names things")
    func columns() async throws {
        var run = try UseRun()
        run.table("container", "tick,node,container_id,container,cpu_throttled_us,pids", "0,a,x,web,0,4\n1,a,x,web,250000,6\n")
        let use = try #require(try await run.summary(wish(.container, columns: ["cpu_throttled_us", "pids"])).use(.container, "web"))
        #expect(use["cpu_throttled_us_per_s"]?.mean == 25 && use["cpu_throttled_us_per_s"]?.total == 0.25 && use["pids"]?.max == 6)
        for (column, code) in [("nothing", "no_column"), ("container", "bad_column")] {
            let error = await #expect(throws: CommandFailure.self) { try await run.summary(wish(.container, columns: [column])) }
            #expect(error?.code == code)
        }
    }

    @Test("Where series of scraped targets aren't listed, it is said how many there are and how they are; small values have three digits")
    func scraped() async throws {
        var run = try UseRun(oneNode: "a")
        run.table(
            "metric", "tick,node,target,name,labels,type,value_bytes",
            "0,a,app,up,{},gauge,1\n0,a,app,scrape_duration_seconds,{},gauge,0.00142\n1,a,app,up,{},gauge,1\n0,a,db,up,{},gauge,1\n")
        run.run.files["metric.csv"] = run.run.files["metric.csv"]?.replacing("value_bytes", with: "value")
        run.run.files["columns.csv"] = run.run.files["columns.csv"]?.replacing("metric,value_bytes,bytes", with: "metric,value,")
            .replacing("metric,value,,identity", with: "metric,value,,gauge")
        var wish = RunSummary.Wish()
        #expect(try await run.summary(wish).scraped == nil)
        wish.countsSeries = true
        let text = SummaryReport(runs: [try await run.summary(wish)]).text
        #expect(text.contains("\n3 series of metrics of 2 targets are in it: sonde summary ") && text.contains(" --by metric"), "\(text)")
        let listed = SummaryReport(runs: [try await run.summary(self.wish(.metric))]).text
        #expect(listed.contains("0.00142") && !listed.contains("series of metrics"), "\(listed)")
        wish.kinds = [.host]
        #expect(try await UseRun().summary(wish).scraped == nil, "a run without any says nothing of it")
    }

    @Test("Rows that are torn, or of no tick of the run, are left out and told")
    func badRows() async throws {
        var run = try UseRun()
        run.table("container", "tick,node,container_id,container,memory_usage_bytes", "0,a,x,web,5\n99,a,x,web,900\nrubbish\n1,a,x,web")
        let summary = try await run.summary(wish(.container))
        #expect(summary.use(.container, "web")?[Measure.memory]?.max == 5)
        #expect(summary.remarks.contains { $0.contains("container.csv: 3 rows can't be read") }, "\(summary.remarks)")
    }

    @Test("Text, CSV and JSON tell the same numbers, and hostile names do no harm")
    func formats() async throws {
        var run = try UseRun()
        run.table("container", "tick,node,container_id,container,memory_usage_bytes", "0,a,x,=1+\u{1b}[2J,1048576\n")
        let report = SummaryReport(runs: [try await run.summary(wish(.container))])
        #expect(report.text.contains("1.00 MiB") && !report.text.contains("\u{1b}"))
        #expect(report.csvRows.count == 2 && report.csvRows[1].count == SummaryReport.csvHeader.count)
        #expect(report.csvRows[1][5] == "=1+\u{1b}[2J" && report.csvRows[1][8] == "1048576.0")
        let json = try JSONValue.object(Array(Output.json(report).utf8).span.bytes)
        let things = json["runs"]?.elements?.first?["things"]?.elements
        #expect(things?.first?["measures"]?.elements?.first?["max"]?.number == 1_048_576)
    }
}
