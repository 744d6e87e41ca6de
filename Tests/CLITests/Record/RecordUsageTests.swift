import ArgumentParser
import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("What a recording sums up") struct RecordUsageTests {
    private static func report(_ run: UseRun, _ patterns: RecordPatterns = RecordPatterns()) async throws -> RecordReport {
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            return RecordReport(directory: directory, run: run.run.manifest, command: nil, failure: nil, patterns: patterns)
        }
    }

    @Test("The containers and programs that used most are told, by the same numbers as sonde summary has")
    func usage() async throws {
        var run = try UseRun(oneNode: "a")
        run.table(
            "container", "tick,node,container_id,container,image,sample_age_us,cpu_us,memory_usage_bytes,memory_working_set_bytes",
            """
            0,a,aaa,"burn, half",img,500000,1000,100,90
            0,a,bbb,hold,img,-100,5,900,
            1,a,aaa,"burn, half",img,500000,501000,120,80
            1,a,bbb,hold,img,-100,10,800,
            2,a,aaa,"burn, half",img,0,1251000,110,85
            """)
        run.table(
            "process", "tick,node,container_id,container,pid,start_us,comm,cpu_user_us,cpu_system_us,rss_bytes,unit,uid,user",
            "0,a,,,1,10,cc1,100,100,50,a.service,33,web\n1,a,,,1,10,cc1,600100,100,60,a.service,33,web\n0,a,,,3,12,cc1,7,7,9,,0,\n")
        let report = try await Self.report(run)
        #expect(report.topCPU.map(\.name) == ["burn, half", "hold"] && report.topMemory.map(\.name) == ["hold", "burn, half"])
        let burn = try #require(report.topCPU.first)
        #expect(burn.cpuUs == 1_250_000 && burn.cpuPercent == 50 && burn.cpuPeakPercent == 50 && burn.cpuP95Percent == 50)
        #expect(burn.memoryMeanBytes == 110 && burn.memoryPeakBytes == 120 && burn.workingSetPeakBytes == 90 && burn.image == "img")
        let program = try #require(report.topProcessesCPU.first)
        #expect(program.name == "cc1" && program.user == "web" && program.unit == "a.service" && program.cpuUs == 600_000)
        #expect(report.topProcessesMemory.map(\.user) == ["web", "0"])
        for words in ["CONTAINER", "burn, half", "PROCESS", "sonde summary"] { #expect(report.text.contains(words)) }
    }

    @Test(
        "A table of the first few says by what they were chosen and how many more there are, and a container without a name has its short id"
    )
    func chosen() async throws {
        var run = try UseRun(oneNode: "a")
        let id = String(repeating: "0123456789abcdef", count: 4)
        var rows = ""
        for tick in 0..<2 {
            for pid in 1...12 { rows += "\(tick),a,\(id),,\(pid),10,p\(pid),\(pid * 1000 * (tick + 1)),0,\((13 - pid) * 100)\n" }
        }
        run.table("process", "tick,node,container_id,container,pid,start_us,comm,cpu_user_us,cpu_system_us,rss_bytes", rows)
        let text = try await Self.report(run).text
        #expect(text.contains("The 5 that used most CPU time, then those of the 5 with most memory; 2 more: sonde summary "), "\(text)")
        #expect(text.contains("--by program --top 12\n") && text.contains(" 0123456789ab ") && !text.contains(id), "\(text)")
        run.table("process", "tick,node,pid,start_us,comm,cpu_user_us,rss_bytes", "0,a,1,10,x,5,9\n1,a,1,10,x,7,9\n")
        #expect(try await !Self.report(run).text.contains("more:"))
    }

    @Test("Patterns that have chosen nothing are named, as text and in JSON; the recorded command's own unit and processes are no match")
    func patterns() async throws {
        var run = try UseRun(oneNode: "a")
        run.table("agent", "tick,node,processes_left_out", "0,a,212\n1,a,210\n")
        run.table("unit", "tick,node,unit,unit_kind,cgroup,memory_usage_bytes", "0,a,command,command,/c,9\n")
        run.table("process", "tick,node,pid,start_us,comm,unit,rss_bytes", "0,a,1,10,sh,command,9\n")
        let report = try await Self.report(run, RecordPatterns(include: ["web-*"], match: ["ngnix"], units: ["nosuch"]))
        let warnings = report.warnings.joined(separator: "\n")
        #expect(
            report.warnings.count == 3 && warnings.hasPrefix("No container matches --include 'web-*': none is in the run."), "\(warnings)")
        #expect(warnings.contains("\nNo unit matches --units nosuch"), "\(warnings)")
        #expect(warnings.contains("\nNo process of the 212 that were there matches --match ngnix"), "\(warnings)")
        #expect(report.text.contains("\nWarning  No container matches"))
        #expect(try Output.json(report).contains("No process of the 212"))
        run.table("unit", "tick,node,unit,unit_kind,cgroup,memory_usage_bytes", "0,a,x.service,service,/c,9\n")
        run.table("process", "tick,node,pid,start_us,comm,unit,rss_bytes", "0,a,1,10,ngnix,,9\n")
        run.table("container", "tick,node,container_id,container,memory_usage_bytes", "0,a,x,web-1,5\n")
        #expect(try await Self.report(run, RecordPatterns(include: ["web-*"], match: ["ngnix"], units: ["x*"])).warnings.isEmpty)
        #expect(try await Self.report(UseRun(oneNode: "a"), RecordPatterns(units: ["none"])).warnings.isEmpty)
    }

    @Test("Rows that came too late are no gap: it is said where their ticks stand")
    func late() async throws {
        var run = try UseRun(oneNode: "a")
        #expect(try await !Self.report(run).text.contains("_late"))
        run.run.manifest.nodes[0].incompleteRows = ["container": 1, "unit": 0, "process": 2]
        let words = "Ticks from which rows are missing are no gaps: they are those of agent.csv with container_late or process_late = 1."
        #expect(try await Self.report(run).text.contains("\nRows     \(words)\n"))
    }

    @Test("A run that can't be summed up is reported all the same, and says why")
    func damaged() async throws {
        var run = try UseRun(oneNode: "a")
        run.run.files["columns.csv"] = "rubbish\n"
        let report = try await Self.report(run)
        #expect(report.topCPU.isEmpty && report.text.contains("can't be summed up") && report.text.contains("Verdict"))
    }

    @Test("A recording that nobody has named goes into a directory after the time, which any file system takes")
    func defaultName() {
        #expect(OutputDirectory.defaultName.wholeMatch(of: #/sonde-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d/#) != nil)
    }

    @Test("A time without a unit is answered with the right form")
    func times() throws {
        #expect(throws: Never.self) { try RecordCommand.parse(["--duration", "5s", "--interval", "100ms"]) }
        for (given, hint) in [
            ("60", "write 60s"), ("2.5", "write 2.5s"), ("5 s", "10s"), ("soon", "10s"), ("-1", "10s"), ("0s", "longer than zero"),
            ("0", "longer than zero"),
        ] {
            #expect { try RecordCommand.parse(["--duration=\(given)"]) } throws: { RecordCommand.message(for: $0).contains(hint) }
            #expect { try StartCommand.parse(["x", "--interval=\(given)"]) } throws: { StartCommand.message(for: $0).contains(hint) }
        }
    }
}
