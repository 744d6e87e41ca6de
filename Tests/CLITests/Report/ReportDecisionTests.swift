import SystemPackage
import Testing

@testable import CLI

@Suite("Decisions of a governor in a report") struct ReportDecisionTests {
    /// A run in which a governor removed one container and, in a dry run, would have removed another; a third ended by itself.
    private func run(deciding: Bool = true) throws -> ChartRun {
        var run = try ChartRun()
        let time = VerifyRunBuilder.time
        run.run.files["host.csv"] = "time,tick,node,load1,memory_total_bytes,memory_available_bytes\n"
        for tick: UInt64 in 0..<6 { run.run.files["host.csv"]! += "\(time(tick)),\(tick),a,0,4000,\(1000 + tick)\n" }
        run.run.files["columns.csv"]! +=
            "host,memory_total_bytes,bytes,gauge,Sonde,All\nhost,memory_available_bytes,bytes,gauge,Sonde,Left\n"
        for column in ["container_id", "container", "detail"] { run.run.files["columns.csv"]! += "event,\(column),,identity,Sonde,What\n" }
        var events = "time,tick,node,kind,message,container_id,container,detail\n"
        func add(_ tick: UInt64, _ kind: String, _ message: String, _ name: String, _ detail: String = "") {
            let quoted = detail.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            events += "\(time(tick)),\(tick),a,\(kind),\(message),id-\(name),\(name),\"\(quoted)\"\n"
        }
        func detail(_ mode: String, _ group: String, _ result: String, _ name: String) -> String {
            #"{"policy":"two-high","policy_sha256":"abc123","mode":"\#(mode)","group":"\#(group)","action":"stop","why":"the first of 3","#
                + #""victim":{"name":"\#(name)","rss_bytes":1048576,"vsz_bytes":8388608},"result":"\#(result)","duration_us":1000}"#
        }
        add(1, "container die", "", "heavy")
        if deciding {
            add(2, "action", "stop (high): done", "heavy", detail("enforce", "high", "done", "heavy"))
            add(3, "action", "stop (low): dry run", "light", detail("dry-run", "low", "dry run", "light"))
            add(4, "action", "begun by an agent that ended", "other", "{broken")
        }
        add(5, "container die", "", "alone")
        run.run.files["event.csv"] = events
        return run
    }

    @Test("A report tells of each decision what was decided, about whom, how it ended and why")
    func table() async throws {
        try await run().with { directory in
            let html = try ReportPage(directory.string).html
            #expect(html.contains("<a href=\"#decisions\">"))
            #expect(html.contains("Policy two-high, enforce, SHA-256 abc123") && html.contains("Policy two-high, dry-run, SHA-256 abc123"))
            let rows = html.split(separator: "\n").filter { $0.contains("<bdi>the first of 3</bdi>") }
            #expect(rows.count == 2 && rows[0].contains("<bdi>heavy</bdi>") && rows[0].contains("<bdi>done</bdi>"))
            #expect(rows.last?.contains("<bdi>light</bdi>") == true && rows.last?.contains("<bdi>dry run</bdi>") == true)
            #expect(html.contains("begun by an agent that ended"), "also of one whose detail can't be read")
        }
    }

    @Test("Who was removed by a policy is told from who ended alone, and what was only to be removed isn't drawn as removed")
    func removed() async throws {
        try await run().with { directory in
            let html = try ReportPage(directory.string).html
            let figure = try #require(html.split(separator: "<section id=\"").first { $0.hasPrefix("removed\"") })
            #expect(figure.contains(">heavy by two-high<") && figure.contains(">alone<"))
            #expect(!figure.contains(">heavy<") && !figure.contains("light"))
            let sizes = try #require(html.split(separator: "Virtual and resident size of what was removed").last)
            #expect(sizes.contains("heavy: Virtual size 8.00 MiB, Resident size 1.00 MiB") && !sizes.contains("light: Virtual"))
        }
    }

    @Test("A plot has a line for what a governor did, and none for what it only would have done")
    func plot() async throws {
        var run = try run()
        for tick: UInt64 in 0..<6 { run.add(tick, id: "id-heavy", name: "heavy", percent: 5) }
        try await run.with { directory in
            let query = SeriesQuery(table: "container", values: [SeriesQuery.Value(column: "cpu_percent")])
            let svg = try RunPlot(directory.string, RunPlot.Wish(query: query)).svg
            #expect(svg.contains("action heavy · stop (high): done") && !svg.contains("dry run"))
        }
    }

    @Test("A report of a run without a governor says nothing of decisions")
    func none() async throws {
        try await run(deciding: false).with { directory in
            let html = try ReportPage(directory.string).html
            #expect(!html.contains("ecision") && !html.contains("what was removed"))
            #expect(html.contains(">heavy<") && html.contains(">alone<"))
        }
    }
}
