import StatsCore
import SystemPackage
import Testing

@testable import CLI

/// Runs with more containers than are followed.
@Suite("More lines than can be kept") struct ManyLinesTests {
    /// Idle containers that each live for a tick, beside some that are worth a line.
    private static func crowd(_ count: Int) throws -> ChartRun {
        var run = try ChartRun()
        run.add(0, id: "early", name: "early and busy", percent: 300, received: 0)
        run.add(1, id: "early", name: "early and busy", percent: 300, received: 9_000_000)
        for tick: UInt64 in 0..<5 {
            run.add(tick, id: "steady", name: "steady", percent: 50, received: tick * 1000)
            for index in 0..<count / 5 {
                run.add(tick, id: "x\(tick)-\(index)", name: "crowd", percent: 0.5, received: 1)
            }
        }
        return run
    }

    @Test("Of a hundred thousand containers the busiest are drawn whole, and what was given up is told")
    func crowd() async throws {
        try await Self.crowd(100_000).with { directory in
            let report = try ReportPage(directory.string)
            #expect(report.html.contains("early and busy") && report.html.contains("steady"))
            #expect(report.remarks.contains { $0.contains("container.csv: of so many lines") }, "\(report.remarks)")
        }
    }

    @Test("Where all lines can be kept nothing is given up")
    func few() async throws {
        try await Self.crowd(500).with { directory in
            let remarks = try ReportPage(directory.string).remarks
            #expect(!remarks.contains { $0.contains("of so many lines") })
        }
    }

    /// The values of one line, with a limit and without.
    private static func line(_ run: ChartRun, by: [String]) async throws -> (limited: [Double]?, whole: [Double]?) {
        var found: [[Double]?] = []
        try await run.with { directory in
            let run = try RunOnDisk(directory.string)
            let plan = try SeriesPlan(SeriesQuery(table: "container", values: [SeriesQuery.Value(column: "rx_bytes")], by: by), run)
            for limit in [20, 10_000] {
                var values = ChartRun.Collected()
                var scan = SeriesScan(plan, grid: run.claims.grid, lastTick: run.lastTick, limit: limit)
                try scan.read(run.cursor(of: "container", plan.columns), into: &values)
                found.append(values.points[0]?.map(\.number))
            }
        }
        return (found[0], found[1])
    }

    @Test("A line of more living containers than the limit is their sum")
    func sum() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<5 {
            for index in 0..<60 { run.add(tick, id: "c\(index)", name: "web", received: tick * UInt64(1000 + index)) }
        }
        let (limited, whole) = try await Self.line(run, by: ["image"])
        #expect(whole == [Double](repeating: 60 * 1000 + 59 * 30, count: 4) && limited == whole)
    }

    @Test("Nor does the sum lack those of a node whose ticks come late, while another's containers come and go")
    func late() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<3 {
            for index in 0..<10 { run.add(tick, node: "b", id: "late\(index)", name: "web", received: tick * 1000) }
            for index in 0..<50 { run.add(tick + 3, id: "x\(tick)-\(index)", name: "job", received: 1) }
        }
        let (limited, whole) = try await Self.line(run, by: ["image"])
        #expect(whole == [10_000, 10_000] && limited == whole)
    }

    @Test("A line that is kept is the same as without a limit, also a counter's, whatever is given up beside it")
    func same() async throws {
        try await Self.crowd(400).with { directory in
            let run = try RunOnDisk(directory.string)
            let query = SeriesQuery(table: "container", values: ["cpu_percent", "rx_bytes"].map { SeriesQuery.Value(column: $0) })
            let plan = try SeriesPlan(query, run)
            func summaries(limit: Int) throws -> (found: [String: SeriesRanking.Summary], givenUp: UInt64) {
                var ranking = SeriesRanking(valueCount: 2, ticks: 0...5)
                var scan = SeriesScan(plan, grid: run.claims.grid, lastTick: run.lastTick, limit: limit)
                try scan.read(run.cursor(of: "container", plan.columns), into: &ranking)
                #expect(scan.names.count <= 2 * limit)
                var found: [String: SeriesRanking.Summary] = [:]
                for (group, name) in scan.names.enumerated() where name.last != "crowd" {
                    for value in 0..<2 { found["\(name) \(value)"] = ranking.summary(of: value, group: group) }
                }
                return (found, scan.givenUp)
            }
            let (whole, none) = try summaries(limit: 10_000)
            let (part, some) = try summaries(limit: 20)
            #expect(none == 0 && some > 300 && whole.count == 4)
            for (name, summary) in whole {
                #expect(
                    part[name]?.sum == summary.sum && part[name]?.count == summary.count && part[name]?.highest == summary.highest,
                    "\(name)")
            }
        }
    }
}
