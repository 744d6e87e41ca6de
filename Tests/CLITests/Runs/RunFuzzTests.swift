import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("Fuzz: the files of a run") struct RunFuzzTests {
    private static let policy = "groups: [{name: a, match: {name: '*'}, keep: 0, action: stop, grace: 0, period: 1s}]"

    /// A run with all that commands read of it.
    private static func run(isOpen: Bool) throws -> VerifyRunBuilder {
        var chart = try ChartRun(missing: true)
        for tick in UInt64(0)..<6 { chart.add(tick, id: "c1", name: "web", age: 5, percent: 2.5, cpu: tick * 1000, received: tick * 7) }
        var run = chart.run
        run.addAgents(late: [2])
        run.files["event.csv"]! += "\(VerifyRunBuilder.time(2)),2,a,action,\"stop, or not\"\n"
        if isOpen { run.open() }
        return run
    }

    /// All that the CLI makes of a run's files.
    private static func use(_ directory: String) throws {
        _ = (try? RunVerification.report(on: directory))?.text
        _ = try? ReportPage(directory)
        let query = SeriesQuery(table: "container", values: ["cpu_percent", "cpu_us"].map { SeriesQuery.Value(column: $0) })
        _ = try? RunPlot(directory, RunPlot.Wish(query: query))
        if let summary = try? RunSummary(directory, RunSummary.Wish(kinds: SubjectKind.allCases)) {
            _ = try Output.json(SummaryReport(runs: [summary]))
        }
        let group = RunGroup(directories: [directory])
        let halves = (
            RunGroup(directories: [directory], ends: RunWindow.Ends(to: "3s")),
            RunGroup(directories: [directory], ends: RunWindow.Ends(from: "3s"))
        )
        for (a, b) in [halves, (group, halves.1)] {
            guard let compared = try? Comparison(a, b, Comparison.Options(allowsIncomplete: true, keepsSketches: true)) else { continue }
            _ = try Output.json(CompareReport(compared))
            _ = try ComparePage(CompareReport(compared))
        }
        var replay = GovernorReplay(try PolicyReader.read(Array(policy.utf8)))
        if let run = try? RunOnDisk(directory) { try? replay.run(run, node: "a") { _ in } }
    }

    @Test("Whatever stands in a file of a run, verify, report, plot and governor try say something of it", arguments: [false, true])
    func files(isOpen: Bool) async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        try Self.run(isOpen: isOpen).write(to: FilePath(scratch.path))
        let names = scratch.tree()
        for name in names {
            let whole = try scratch.bytes(name)
            await Fuzz.run("\(name) of a run that is \(isOpen ? "open" : "closed")", [whole], count: name.hasSuffix(".csv") ? 12 : 60) {
                one in
                var input = one.input
                // With the checksums that it should have.
                if name == ".commit", let json = input.firstIndex(of: UInt8(ascii: "{")) {
                    input = Array(input[json...].prefix { $0 != UInt8(ascii: "\n") })
                    input = Array("\(Hexadecimal.text(CRC32C.checksum(input.span.bytes), width: 8)) ".utf8) + input + [UInt8(ascii: "\n")]
                }
                try scratch.write(input, to: name)
                try Self.use(scratch.path)
            }
            try scratch.write(whole, to: name)
        }
    }

    @Test(
        "A table with rows of one field or two is damaged, and verify says so",
        arguments: ["a", "a,b", "time,tick", "\"time,\",1", ",", "a,7"])
    func fewFields(row: String) async throws {
        var run = try VerifyRunBuilder()
        let width = row.split(separator: ",", omittingEmptySubsequences: false).count
        run.files["host.csv"] = (width > 1 ? "time,tick\n" : "time\n") + row + "\n"
        #expect(try await run.report().result == .damaged)
    }

    @Test("Ticks at the end of what 64 bits hold are refused, not counted on")
    func lastTicks() async throws {
        var run = try VerifyRunBuilder()
        run.files["gaps.csv"]! += "\(VerifyRunBuilder.time(2)),b,18446744073709551600,18446744073709551614,15,away\n"
        run.open(ticks: .max)
        let report = try await run.report()
        #expect(report.result == .damaged && report.faults.contains { $0.file == "gaps.csv" && $0.code == .time })
    }
}
