import Foundation
import StatsCore
import SystemPackage
import Testing

@testable import CLI

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("sonde plot and sonde report") struct PlotTests {
    private static let hostile = "<img src=x onerror=alert(1)>\u{202e}"

    private func wish(_ columns: String..., table: String = "container") -> RunPlot.Wish {
        RunPlot.Wish(query: SeriesQuery(table: table, values: columns.map { SeriesQuery.Value(column: $0) }))
    }

    private func run(containers: Int = 3, missing: Bool = false) throws -> ChartRun {
        var run = try ChartRun(missing: missing)
        for tick: UInt64 in 0..<6 {
            for number in 0..<containers { run.add(tick, id: "c\(number)", name: "web\(number)", percent: Double(number), received: tick) }
        }
        return run
    }

    private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

    @Test("The highest lines are drawn, and the others named")
    func top() async throws {
        try await run(containers: 15).with { directory in
            let plot = try RunPlot(directory.string, wish("cpu_percent"))
            #expect(isWellFormed(plot.svg))
            #expect(plot.svg.contains("<title>a: web14</title>"))
            #expect(plot.svg.contains("Left out, with lower means and peaks: a: web2, a: web1, a: web0."))
            #expect(!plot.svg.contains("<title>a: web2</title>"))
        }
    }

    @Test(
        "Each panel has its own busiest lines, however large another panel's numbers are, and what needed most for a moment is among them")
    func ranking() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<6 {
            // Traffic of a hundred thousand bytes, beside which a percentage is nothing.
            for number: UInt64 in 0..<20 {
                run.add(tick, id: "n\(number)", name: "net\(number)", percent: 1, received: tick * (100_000 + number))
            }
            run.add(tick, id: "b", name: "busy", percent: 90, received: 0)
            // It lives for two ticks, and is idle for one of them.
            if tick < 2 { run.add(tick, id: "p", name: "peak", percent: tick == 0 ? 99 : 0, received: 0) }
            for number in 0..<20 { run.add(tick, id: "s\(number)", name: "steady\(number)", percent: 60, received: 0) }
        }
        try await run.with { directory in
            for columns in [["rx_bytes", "cpu_percent"], ["cpu_percent"]] {
                let query = SeriesQuery(table: "container", values: columns.map { SeriesQuery.Value(column: $0) })
                let plot = try RunPlot(directory.string, RunPlot.Wish(query: query, top: 6))
                #expect(plot.svg.contains("<title>a: busy</title>") && plot.svg.contains("<title>a: peak</title>"), "\(columns)")
                #expect(columns.count == 1 || plot.svg.contains("<title>a: net19</title>"))
            }
        }
    }

    @Test(
        "The lines to draw and the first that are left out are those that come first of all, however few are wanted",
        arguments: UInt64(0)..<20)
    func fewOfMany(seed: UInt64) {
        var state = seed
        var ranking = SeriesRanking(valueCount: 2, ticks: 0...3)
        func number() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 33 & 7) - 2
        }
        // Many are equal, some are idle, and some have only one of the values.
        for group in 0..<100 where group % 7 != 3 {
            for value in 0..<2 where group % 5 != value {
                for tick: UInt64 in 0..<4 { ranking.take(number(), value: value, group: group, tick: tick, isJoined: true) }
            }
        }
        let all = ranking.best(.max, by: [0, 1])
        #expect(all.count == ranking.count(having: [0, 1]) && Set(all).count == all.count)
        for limit in [1, 2, 5, 20, 99] { #expect(ranking.best(limit, by: [0, 1]) == Array(all.prefix(limit))) }
        #expect(ranking.byPeak(of: 1).count == ranking.count(having: [1]))
    }

    @Test("Of twenty lines that are left out eight are named and the others counted")
    func leftOut() async throws {
        try await run(containers: 32).with { directory in
            let svg = try RunPlot(directory.string, wish("cpu_percent")).svg
            #expect(svg.contains("Left out, with lower means and peaks: a: web19, a: web18,") && svg.contains("a: web12 and 12 more."))
        }
    }

    @Test("A report remembers no container's id, which only a plot of some containers needs")
    func ids() async throws {
        try await run().with { directory in
            let run = try RunOnDisk(directory.string)
            var query = wish("cpu_percent").query
            #expect(try SeriesPlan(query, run).container == nil)
            query.conditions = [("container", "web1")]
            #expect(try SeriesPlan(query, run).container != nil)
        }
    }

    @Test("Of what happened, a plot of one container shows what happened to it, and the marks")
    func otherContainers() async throws {
        var run = try run()
        for (id, name) in [("c1", "web1"), ("c2", "web2"), ("gone", "web1")] {
            run.event(3, kind: "container die", id: id, name: name)
        }
        run.event(3, kind: "mark", message: "load on")
        try await run.with { directory in
            var one = wish("cpu_percent")
            func ends(_ wish: RunPlot.Wish) throws -> Int {
                let svg = try RunPlot(directory.string, wish).svg
                #expect(svg.contains("load on"))
                return svg.ranges(of: "class=\"end\"").count
            }
            let all = try ends(one)
            #expect(all == 3)
            one.query.conditions = [("container", "web1")]
            let named = try ends(one)
            #expect(named == 2, "also of the one of that name that has no row")
            one.query.conditions = [("image", "img")]
            let rows = try ends(one)
            #expect(rows == 2, "of those that have rows")
        }
        run.add(1, node: "b", id: "c9", name: "db", percent: 1)
        try await run.with { directory in
            var other = wish("cpu_percent")
            other.query.node = "b"
            let svg = try RunPlot(directory.string, other).svg
            #expect(svg.contains("load on") && !svg.contains("class=\"end\""), "all of it happened on another node")
        }
    }

    @Test("A mark that was set behind the last tick, or before the first, is drawn")
    func lateMarks() async throws {
        for (tick, after) in [(UInt64(5), Int64(700_000)), (0, -700_000)] {
            var run = try run()
            run.event(tick, kind: "mark", message: "at the edge", after: after)
            try await run.with { directory in
                let plot = try RunPlot(directory.string, wish("cpu_percent"))
                #expect(plot.svg.contains("at the edge"))
                #expect(try ReportPage(directory.string).html.contains("class=\"mark\""))
            }
        }
    }

    @Test("Markup in a container's name stays text in plots and reports")
    func hostileName() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<6 { run.add(tick, id: "c1", name: Self.hostile, percent: 5, received: tick) }
        run.run.manifest.note = Self.hostile
        run.run.manifest.name = "</title><script>x</script>"
        try await run.with { directory in
            let plot = try RunPlot(directory.string, wish("cpu_percent"))
            let report = try ReportPage(directory.string)
            #expect(isWellFormed(plot.svg))
            for text in [plot.svg, report.html] {
                #expect(!text.contains("<img"))
                #expect(!text.contains("<script"))
                #expect(text.contains("&lt;img src=x onerror=alert(1)&gt;"))
            }
        }
    }

    @Test("A report has the verdict, the gaps shaded, all its charts, and asks for nothing from elsewhere")
    func report() async throws {
        try await run(missing: true).with { directory in
            let report = try ReportPage(directory.string)
            #expect(report.html.contains("incomplete: node b misses 2 of 6 ticks (2 away)"))
            #expect(report.html.contains("class=\"band\""))
            #expect(report.html.contains("CPU of containers") && report.html.contains("Network of containers"))
            #expect(report.html.contains("default-src &#39;none&#39;") || report.html.contains("default-src 'none'"))
            #expect(!report.html.contains("src=") && !report.html.contains("@import") && !report.html.contains("url("))
            #expect(report.html.utf8.count < 2_000_000)
            let again = try ReportPage(directory.string)
            #expect(again.html == report.html)
        }
    }

    @Test("Units have a plot and, where some were recorded, a section of the report; two of one name are two lines")
    func units() async throws {
        var run = try run()
        #expect(run.run.files["unit.csv"] == nil)
        try await run.with { directory in
            let html = try ReportPage(directory.string).html
            #expect(!html.contains("Units</h2>"))
        }
        for tick: UInt64 in 0..<6 {
            run.unit(tick, "mysql.service", cgroup: "/system.slice/mysql.service", percent: 71, memory: 1 << 20, read: tick * 4096)
            run.unit(tick, "mysql.service", cgroup: "/user.slice/mysql.service", percent: 3, memory: 1 << 10, read: 0)
        }
        try await run.with { directory in
            let plot = try RunPlot(directory.string, wish("cpu_percent", "io_read_bytes", table: "unit"))
            #expect(isWellFormed(plot.svg))
            #expect(plot.svg.contains("<title>a: mysql.service (1)</title>") && plot.svg.contains("<title>a: mysql.service (2)</title>"))
            let report = try ReportPage(directory.string)
            #expect(
                report.html.contains("CPU of units") && report.html.contains("Memory of units")
                    && report.html.contains("Block I/O of units"))
            #expect(report.html.contains("Units</h2>") && report.html.contains("mysql.service"))
        }
    }

    @Test("A run that goes on is drawn as far as it is durable, and the reader is told")
    func open() async throws {
        var run = try run()
        run.run.open(ticks: 4)
        try await run.with { directory in
            let plot = try RunPlot(directory.string, wish("cpu_percent"))
            #expect(plot.remarks.first?.contains("not closed") == true)
            let report = try ReportPage(directory.string)
            #expect(report.html.contains("the run is not closed"))
        }
    }

    @Test("A file that was cut short is drawn as far as it goes, and the reader is told")
    func truncated() async throws {
        try await run().with { directory in
            let path = directory.appending("container.csv")
            let bytes = try VerifyRunBuilder.bytes(at: path)
            try VerifyRunBuilder.put(Array(bytes.prefix(bytes.count / 2)), at: path)
            let plot = try RunPlot(directory.string, wish("cpu_percent"))
            #expect(plot.remarks.contains { $0.hasPrefix("container.csv is cut short") })
            let report = try ReportPage(directory.string)
            #expect(report.html.contains("container.csv is cut short"))
        }
    }

    @Test("What can't be drawn is refused with what would do")
    func refusals() async throws {
        var run = try run()
        try await run.with { directory in
            func failure(_ wish: RunPlot.Wish, in path: String? = nil) -> CommandFailure? {
                do {
                    _ = try RunPlot(path ?? directory.string, wish)
                    return nil
                } catch {
                    return error as? CommandFailure
                }
            }
            #expect(failure(wish("colour"))?.message.contains("It has: time, tick, node, container_id") == true)
            let misspelt = failure(wish("cpu_percnt"))?.message
            #expect(misspelt == "Table container has no column cpu_percnt: did you mean `cpu_percent`? columns.csv lists all 11.")
            #expect(failure(wish("cpu_percent", table: "nope"))?.message.contains("It has: container, disk, event, host.") == true)
            #expect(failure(wish("image"))?.code == "bad_column")
            let gone = directory.appending("container.csv")
            let bytes = try VerifyRunBuilder.bytes(at: gone)
            try FileManager.default.removeItem(atPath: gone.string)
            #expect(failure(wish("cpu_percent"))?.code == "unreadable")
            let report = try ReportPage(directory.string)
            #expect(report.html.contains("container.csv is not there."))
            try VerifyRunBuilder.put(bytes, at: gone)
            #expect(failure(wish("cpu_percent"), in: "/")?.code == "no_run")
            #expect(failure(wish("cpu_percent"), in: "/nowhere")?.code == "unreadable")
            var narrow = wish("cpu_percent")
            narrow.query.conditions = [("container", "nobody")]
            #expect(failure(narrow)?.code == "nothing")
            narrow = wish("cpu_percent")
            narrow.query.node = "c"
            #expect(failure(narrow)?.message.contains("It has: a, b.") == true)
            narrow = wish("cpu_percent")
            narrow.from = "yesterday"
            #expect(failure(narrow)?.code == "bad_time")
            narrow.from = "3h"
            #expect(failure(narrow)?.code == "bad_time")
        }
        run.run.manifest.format = 2
        try await run.with { directory in
            do {
                _ = try ReportPage(directory.string)
                Issue.record("a run of a later format was told")
            } catch let failure as CommandFailure {
                #expect(failure.code == "bad_format")
            }
        }
    }

    @Test("A table whose columns all say what a row is about is told to have nothing to draw")
    func nothingToDraw() async throws {
        var run = try UseRun()
        run.table("network", "tick,node,interface", "0,a,eth0\n")
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            let query = SeriesQuery(table: "network", values: [SeriesQuery.Value(column: "interface")])
            let failure = #expect(throws: CommandFailure.self) { try RunPlot(directory.string, RunPlot.Wish(query: query)) }
            #expect(failure?.code == "bad_column" && failure?.message.contains("So are all columns of this table") == true)
        }
    }

    @Test("A drawing is written whole, over an earlier one, and never over a run's data")
    func output() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("x.svg")
            for text in ["one", "two"] { _ = try DrawnFile.write(text, to: path.string, suffix: ".svg", remarks: []) }
            let bytes = try VerifyRunBuilder.bytes(at: path)
            #expect(bytes == Array("two".utf8))
            for name in ["host.csv", ".svg", "run.json"] {
                #expect(throws: CommandFailure.self) {
                    try DrawnFile.write("x", to: directory.appending(name).string, suffix: ".svg", remarks: [])
                }
            }
        }
    }

    @Test("An instant is what has passed since the begin, or a time")
    func instants() {
        #expect(RunInstant.read("90s", since: 1000) == 90_001_000)
        #expect(RunInstant.read("0s", since: 1000) == 1000)
        #expect(RunInstant.read("2023-11-14T22:13:20Z", since: 0) == 1_700_000_000_000_000)
        #expect(RunInstant.read("2023-11-14T22:13:20.250000Z", since: 0) == 1_700_000_000_250_000)
        #expect(RunInstant.read("noon", since: 0) == nil)
    }
}
