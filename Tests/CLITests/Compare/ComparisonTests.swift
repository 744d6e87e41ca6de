import ArgumentParser
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("sonde compare") struct ComparisonTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory(inMemory: true) }

    /// Writes a run in which container web used so much of a core all the time.
    private func run(
        _ name: String, percent: Double, container: String = "web", node: String = "a", missing: Bool = false,
        change: (inout UseRun) -> Void = { _ in }
    ) throws -> String {
        var run = try missing ? UseRun(missing: true) : UseRun(oneNode: node)
        var rows = ""
        for tick in 0..<6 { rows += "\(tick),\(node),\(name),\(container),shop/web:1,0,\(Int(Double(tick) * percent * 10_000)),1048576\n" }
        run.table("container", "tick,node,container_id,container,image,sample_age_us,cpu_us,memory_usage_bytes", rows)
        change(&run)
        try run.write(to: FilePath(try scratch.makeDirectory(name)))
        return scratch.path(name)
    }

    private func group(_ letter: String, _ percents: [Double], container: String = "web", node: String = "a") throws -> RunGroup {
        RunGroup(
            directories: try percents.enumerated().map { try run("\(letter)\($0)", percent: $1, container: container, node: node) })
    }

    private func cpu(_ comparison: Comparison) throws -> ComparedMeasure {
        try #require(comparison.measures.first { $0.measure.name == Measure.cpu && $0.subject.kind != .host })
    }

    @Test("Two groups of five runs have means, a difference with an interval, and effect sizes; what matters has a sentence")
    func difference() throws {
        let comparison = try Comparison(group("a", [20, 21, 19, 20, 20]), group("b", [30, 31, 29, 30, 30]))
        let line = try cpu(comparison)
        #expect(line.a.mean == 20 && line.b.mean == 30 && line.difference == 10 && line.ratio == 0.5 && line.cliffsDelta == 1)
        let interval = try #require(line.intervals?.difference)
        #expect(interval.contains(10) && interval.lowerBound > 9 && interval.upperBound < 11 && line.certainty == .clear)
        let report = try CompareReport(comparison)
        #expect(
            report.text.contains("container web: CPU 50.0 % higher: 20.0 % → 30.0 %, 95 % interval of the difference +4"), "\(report.text)")
        #expect(report.text.contains("--seed 1") && report.important.count == 1, "memory is equal in all")
        #expect(report.csvRows.allSatisfy { $0.count == CompareReport.csvHeader.count })
    }

    @Test("Less than five repetitions have no interval, which the text says; three that are all apart are told as such")
    func few() throws {
        let comparison = try Comparison(group("a", [20, 21, 19]), group("b", [30, 31, 29]))
        let line = try cpu(comparison)
        #expect(line.intervals == nil && line.certainty == .apart && line.matters)
        let text = try CompareReport(comparison).text
        #expect(text.contains("Too few repetitions for intervals: 5 in each group are needed, and there are 3 and 3"))
        #expect(text.contains("3 and 3 repetitions are too few for an interval"))
        #expect(try cpu(Comparison(group("c", [20, 21]), group("d", [30, 31]))).certainty == .none)
    }

    @Test("A run that misses ticks is named and refused, unless it is asked for; gaps outside of the part that counts do no harm")
    func incomplete() throws {
        let whole = RunGroup(directories: [try run("whole", percent: 10, missing: false)])
        let gap = RunGroup(directories: [try run("gap", percent: 10, missing: true)])
        let error = #expect(throws: CommandFailure.self) { try Comparison(whole, gap) }
        #expect(error?.code == "incomplete" && error?.message.contains("gap misses 2 ticks of node b") == true, "\(error?.message ?? "")")
        var options = Comparison.Options()
        options.allowsIncomplete = true
        #expect(try Comparison(whole, gap, options).notes.contains { $0.contains("gap misses 2 ticks of node b") })
        let part = RunWindow.Ends(from: "4s")
        #expect(
            try Comparison(RunGroup(directories: whole.directories, ends: part), RunGroup(directories: gap.directories, ends: part))
                .measures.count > 0)
    }

    @Test("A run that isn't closed, or is cut short, is refused")
    func unfit() throws {
        let whole = RunGroup(directories: [try run("whole", percent: 10)])
        let open = try run("open", percent: 10) { $0.run.open() }
        let cut = try run("cut", percent: 10)
        let text = try scratch.text("cut/container.csv")
        try scratch.write(String(text.prefix(text.count / 2)), to: "cut/container.csv")
        for (directory, words) in [(open, "is not closed"), (cut, "container.csv is cut short")] {
            let error = #expect(throws: CommandFailure.self) { try Comparison(whole, RunGroup(directories: [directory])) }
            #expect(error?.code == "incomplete" && error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test("Runs of different intervals are refused, unless it is asked for")
    func intervals() throws {
        let a = RunGroup(directories: [try run("a", percent: 10)])
        let b = RunGroup(directories: [try run("b", percent: 10) { $0.run.manifest.intervalUs = 500_000 }])
        let error = #expect(throws: CommandFailure.self) { try Comparison(a, b) }
        #expect(error?.code == "intervals" && error?.message.contains("every 500ms") == true)
        var options = Comparison.Options()
        options.allowsIntervals = true
        #expect(try Comparison(a, b, options).notes.contains { $0.contains("different intervals") })
    }

    @Test("Parts between marks are repetitions: one run is compared with itself")
    func windows() throws {
        let directory = try run("marked", percent: 10) { run in
            run.marks([
                (0, "base"), (1, "base end"), (1, "load"), (2, "load end"), (2, "base"), (3, "base end"), (3, "load"), (5, "load end"),
            ])
        }
        let a = RunGroup(directories: [directory], ends: RunWindow.Ends(from: "base", to: "base end"))
        let b = RunGroup(directories: [directory], ends: RunWindow.Ends(from: "load", to: "load end"))
        let comparison = try Comparison(a, b)
        #expect(comparison.a.map(\.window.ticks) == [0...1, 2...3] && comparison.b.map(\.window.ticks) == [1...2, 3...5])
        #expect(comparison.a.map(\.label) == ["\(directory) base..base end#1", "\(directory) base..base end#2"])
        #expect(try cpu(comparison).b.values == [10, 10])
        let error = #expect(throws: CommandFailure.self) { try Comparison(a, a) }
        #expect(error?.status.rawValue == 64)
    }

    @Test("Containers of other names match by their image; by name they are in one group only, which is said")
    func renamed() throws {
        let (a, b) = (try group("a", [10], container: "proj-web-1"), try group("b", [20], container: "web.1.xyz"))
        var options = Comparison.Options()
        options.kinds = [.image]
        #expect(try cpu(Comparison(a, b, options)).ratio == 1)
        options.kinds = [.container, .image]
        let report = try CompareReport(Comparison(a, b, options))
        #expect(report.comparison.measures.allSatisfy { $0.subject.kind != .container })
        #expect(report.text.contains("Only in A: container proj-web-1.") && report.text.contains("Only in B: container web.1.xyz."))
    }

    @Test(
        "Groups that share nothing of what was asked for are refused, with what each has and what to do: that isn't the same as no difference"
    )
    func nothingShared() throws {
        let (a, b) = (try group("a", [10], container: "proj-web-1"), try group("b", [20], container: "web.1.xyz"))
        func refusal(_ change: (inout Comparison.Options) -> Void) throws -> String {
            var options = Comparison.Options()
            change(&options)
            let failure = try #require(#expect(throws: CommandFailure.self) { try Comparison(a, b, options) })
            #expect(failure.code == "nothing_shared" && failure.status == .failure)
            return failure.message
        }
        let renamed = try refusal { $0.kinds = [.container] }
        #expect(renamed.contains("A: container proj-web-1\n") && renamed.contains("B: container web.1.xyz\n"), "\(renamed)")
        #expect(renamed.contains("--by name, service or image"), "\(renamed)")
        let absent = try refusal { $0.only = Glob("nosuch*") }
        #expect(absent.contains("--only nosuch*") && absent.contains("A: none\n") && absent.contains("sonde summary"), "\(absent)")
        let short = try refusal {
            $0.kinds = [.image]
            $0.statistics = []
        }
        #expect(short.contains("has no value in one of them"), "\(short)")
    }

    @Test("Runs of single hosts with different names are compared host by host, which is noted")
    func otherHost() throws {
        let comparison = try Comparison(group("a", [10], node: "n1"), group("b", [20], node: "n2"))
        #expect(try cpu(comparison).difference == 10)
        #expect(comparison.notes.contains { $0.contains("A was recorded on n1, and B on n2") })
    }

    @Test("Facts of the hosts that both groups tell and tell differently are noted, and no others")
    func environments() throws {
        func told(_ name: String, _ facts: JSONObject) throws -> RunGroup {
            RunGroup(directories: [
                try run(name, percent: 10) { run in
                    for node in run.run.manifest.nodes.indices { run.run.manifest.nodes[node].environment = HostEnvironment(facts) }
                }
            ])
        }
        let a = try told(
            "a",
            [
                "governor": .string("powersave"), "swappiness": .integer(60),
                "mitigations": .object(["l1tf": .string("on"), "mds": .string("x")]),
            ])
        let b = try told(
            "b",
            [
                "governor": .string("performance"), "swappiness": .integer(60), "turbo": .bool(true),
                "mitigations": .object(["l1tf": .string("off"), "mds": .string("x")]),
            ])
        let notes = try Comparison(a, b).notes.filter { $0.contains("environment") }
        #expect(
            notes == [
                "The hosts' environments differ: Governor is powersave in A and performance in B; Mitigations l1tf is on in A and off in B."
            ])
    }

    @Test("Of more than twenty comparisons some differ by chance, which is said")
    func many() throws {
        func group(_ letter: String) throws -> RunGroup {
            RunGroup(
                directories: try (0..<5).map { number in
                    try run("\(letter)\(number)", percent: 10) { run in
                        let rows = (0..<22).map { "0,a,c\($0),c\($0),\(1000 + $0 * number)\n" }.joined()
                        run.table("container", "tick,node,container_id,container,memory_usage_bytes", rows)
                    }
                })
        }
        let comparison = try Comparison(group("a"), group("b"))
        #expect(comparison.measures.count == 22 && comparison.notes.contains { $0.contains("22 comparisons are made") })
    }

    @Test("A group without a run, a run named twice, and pairs of unequal groups are wrong usage")
    func usage() throws {
        let one = RunGroup(directories: [try run("one", percent: 10)])
        let two = RunGroup(directories: [try run("two", percent: 10), try run("three", percent: 10)])
        for (a, b) in [(RunGroup(directories: []), one), (one, RunGroup(directories: one.directories + one.directories))] {
            let error = #expect(throws: CommandFailure.self) { try Comparison(a, b) }
            #expect(error?.status.rawValue == 64)
        }
        var options = Comparison.Options()
        options.isPaired = true
        #expect(throws: CommandFailure.self) { try Comparison(one, two, options) }
    }

    @Test("A condition that nothing can be judged by is an error, not a silent pass")
    func condition() throws {
        var options = Comparison.Options()
        options.conditions = [try FailCondition("rx_bytes_per_s:max > 5%")]
        let comparison = try Comparison(group("a", [10]), group("b", [20]), options)
        let error = #expect(throws: CommandFailure.self) { try CompareReport(comparison) }
        #expect(error?.code == "no_measure")
        options.conditions = [try FailCondition("cpu_percent:p95 > 5%")]
        let report = try CompareReport(Comparison(group("a", [10]), group("b", [20]), options))
        #expect(report.holds && report.text.contains("holds for container web (+100.0 %, which may be chance)"), "\(report.text)")
    }

    @Test("The page is whole without a network or scripts, draws both groups, and escapes names")
    func page() throws {
        var options = Comparison.Options()
        options.keepsSketches = true
        let name = "<b>&\u{202e}"
        let comparison = try Comparison(
            group("a", [20, 21, 19, 20, 20], container: name), group("b", [30, 31, 29, 30, 30], container: name), options)
        let html = ComparePage(try CompareReport(comparison)).html
        #expect(html.contains("class=\"dot c0\"") && html.contains("class=\"dot c1\"") && html.contains("Difference of B from A"))
        #expect(!html.contains("<b>") && !html.contains("<script"))
        let links = html.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(!links.contains("http:") && !links.contains("https:"))
        #expect(html.hasSuffix("</main></body></html>\n"))
    }
}
