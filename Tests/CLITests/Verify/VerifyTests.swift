import ArgumentParser
import StatsCore
import SystemPackage
import Testing

@testable import CLI

/// A run whose sums all fit, and in which one thing is wrong.
struct Breakage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let codes: Set<RunFault.Code>
    let change: @Sendable (inout VerifyRunBuilder) -> Void

    /// Replaces the first occurrence of a text in a file, which must be there.
    init(_ what: String, _ codes: Set<RunFault.Code>, in file: String, _ old: String, _ new: String) {
        testDescription = what
        self.codes = codes
        change = { run in
            guard let range = run.files[file]?.firstRange(of: old) else { return }
            run.files[file]?.replaceSubrange(range, with: new)
        }
    }

    init(_ what: String, _ codes: Set<RunFault.Code>, _ change: @escaping @Sendable (inout VerifyRunBuilder) -> Void) {
        testDescription = what
        self.codes = codes
        self.change = change
    }

    private static let t = VerifyRunBuilder.time

    /// In a run of which node `b` misses ticks 2 and 3, and that says so.
    static let all: [Breakage] = [
        Breakage("a time that isn't its tick's", [.time], in: "disk.csv", "\(t(1)),1,a,vdb", "\(t(2)),1,a,vdb"),
        Breakage("a tick that is no number", [.tick, .unexplained, .count], in: "host.csv", ",5,b,", ",x,b,") { run in
            run.removeRows(with: ",5,b,", from: "disk.csv")
        },
        Breakage("a tick behind the last", [.tick], in: "disk.csv", "\(t(5)),5,b,vdb", "\(t(6)),6,b,vdb"),
        Breakage("a node that run.json doesn't know", [.unknownNode], in: "disk.csv", ",5,b,vdb", ",5,c,vdb"),
        Breakage("a row of no node", [.unknownNode], in: "disk.csv", ",5,b,vdb", ",5,,vdb"),
        Breakage("an event of a node that run.json doesn't know", [.unknownNode], in: "event.csv", ",0,,run", ",0,c,run"),
        Breakage("an event at no instant", [.time], in: "event.csv", "T", " "),
        Breakage("ticks that go back", [.order]) { $0.files["disk.csv"]? += "\(t(1)),1,a,vdc,1\n" },
        Breakage("a tick twice in host.csv", [.twice], in: "host.csv", "\(t(4)),4,a,0.4\n", "\(t(4)),4,a,0.4\n\(t(4)),4,a,0.4\n"),
        Breakage("a container twice in a tick", [.twice]) { run in
            run.addContainers()
            run.files["container.csv"]? += "\(t(5)),5,b,c1,3\n"
        },
        Breakage("a source that was late more often than run.json says", [.count, .verdict]) { run in
            run.addAgents(late: [3])
        },
        Breakage("a source that was late less often than run.json says", [.count, .verdict]) { run in
            run.addAgents(late: [])
            run.manifest.nodes[0].incompleteRows = ["container": 1]
            run.manifest.verdict = "incomplete: node a misses container rows in 1 of 6 ticks; node b misses 2 of 6 ticks (2 away)"
        },
        Breakage("a tick that is nowhere", [.unexplained, .count], in: "gaps.csv", "\(t(2)),b,2,3,2,away", "\(t(2)),b,2,2,1,away"),
        Breakage("a tick that is in a gap and in a file", [.contradiction], in: "gaps.csv", "\n", "\n\(t(0)),a,0,0,1,overrun\n"),
        Breakage("a tick that is in two gaps", [.overlap], in: "gaps.csv", "\n", "\n\(t(3)),b,3,3,1,away\n"),
        Breakage("a gap with a wrong count", [.gap], in: "gaps.csv", "2,3,2,away", "2,3,3,away"),
        Breakage("a gap for an unknown reason", [.gap, .count], in: "gaps.csv", "away", "sleepy"),
        Breakage("a gap behind the last tick", [.gap, .unexplained], in: "gaps.csv", "2,3,2,away", "2,9,8,away"),
        Breakage("a gap that ends before it begins", [.gap, .unexplained], in: "gaps.csv", "2,3,2,away", "3,2,2,away"),
        Breakage("a gap at another time", [.time], in: "gaps.csv", t(2), t(3)),
        Breakage("a gap of an unknown node", [.unknownNode, .unexplained], in: "gaps.csv", ",b,", ",c,"),
        Breakage("a gap that isn't numbers", [.gap], in: "gaps.csv", "2,3,2,away", "2,three,2,away"),
        Breakage("a row with a field less", [.csv], in: "disk.csv", "1,a,vda,7", "1,a,7"),
        Breakage("a row with a field more", [.csv], in: "disk.csv", "1,a,vda,7", "1,a,vda,,7"),
        Breakage("a quote in the middle of a field", [.csv], in: "disk.csv", "1,a,vda,7", "1,a,v\"da,7"),
        Breakage("text behind a quotation", [.csv], in: "disk.csv", "1,a,vda,7", "1,a,\"v\"da,7"),
        Breakage("a carriage return", [.csv], in: "disk.csv", "1,a,vda,7\n", "1,a,vda,7\r\n"),
        Breakage("a file that doesn't end with a line feed", [.csv]) { _ = $0.files["host.csv"]?.removeLast() },
        Breakage("a header that columns.csv doesn't know", [.header], in: "disk.csv", "reads", "writes"),
        Breakage("a file without a header", [.header]) { $0.files["event.csv"] = "" },
        Breakage("a column that stands in no file", [.header]) { $0.files["columns.csv"]? += "disk,writes,,gauge,Sonde,More\n" },
        Breakage("a table that has no file", [.missingFile]) {
            $0.files["columns.csv"]? += "cpu,time,,identity,,\ncpu,tick,,identity,,\ncpu,node,,identity,,\n"
        },
        Breakage("a table that columns.csv doesn't know", [.dictionary]) { $0.files["cpu.csv"] = "time,tick,node,user_us\n" },
        Breakage("a table whose rows don't begin with the tick", [.dictionary, .header], in: "columns.csv", "disk,tick", "disk,tock"),
        Breakage("another count in run.json", [.count]) { $0.manifest.nodes[1].present = 5 },
        Breakage("another reason in run.json", [.count]) { $0.manifest.nodes[1].missing = ["overrun": 2] },
        Breakage("no counts in run.json", [.count]) { $0.manifest.nodes[0].expected = nil },
        Breakage("another state in run.json", [.state]) { $0.manifest.state = .complete },
        Breakage("another verdict in run.json", [.verdict]) { $0.manifest.verdict = "complete: 6 of 6 ticks on each of 2 nodes" },
        Breakage("an earlier last tick in run.json", [.tick, .gap, .count], in: "gaps.csv", "2,3,2", "2,9,8") { $0.manifest.lastTick = 4 },
        Breakage("a later last tick in run.json", [.unexplained, .count, .verdict]) {
            $0.manifest.ticks = nil
            $0.manifest.lastTick = 6
        },
        Breakage("a node too many in run.json", [.count]) {
            $0.manifest.nodes.append($0.manifest.nodes[0])
            $0.manifest.nodes[2].node = "c"
            $0.manifest.nodes[2].present = 3
            $0.manifest.nodes[2].missing = ["away": 3]
        },
        Breakage("a node twice in run.json", [.manifest]) { $0.manifest.nodes.append($0.manifest.nodes[0]) },
        Breakage("two beginnings in run.json", [.manifest]) { $0.manifest.t0 = t(1) },
        Breakage("another grid in run.json", [.time]) { $0.manifest.intervalUs = 999_999 },
        Breakage("a last tick behind the end in run.json", [.manifest]) { $0.manifest.ticks = 3 },
        Breakage("a run without an end", [.manifest]) { $0.manifest.ended = nil },
        Breakage("a file that was found faulty when the run was closed", [.known, .verdict]) {
            $0.manifest.files["host.csv"] = RunManifest.File(rows: 0, bytes: 0, sha256: "", fault: "is not what was written")
        },
    ]

    init(
        _ what: String, _ codes: Set<RunFault.Code>, in file: String, _ old: String, _ new: String,
        and more: @escaping @Sendable (inout VerifyRunBuilder) -> Void
    ) {
        let first = Breakage(what, codes, in: file, old, new)
        self.init(what, codes) { run in
            first.change(&run)
            more(&run)
        }
    }
}

@Suite("sonde verify") struct VerifyTests {
    private func codes(_ report: VerifyReport) -> Set<RunFault.Code> { Set(report.faults.map(\.code)) }

    @Test("A run in which every tick has its rows is complete and intact")
    func complete() async throws {
        let report = try await VerifyRunBuilder().report()
        #expect(report.faults == [])
        #expect(report.result == .complete)
        #expect(report.verdict == "complete and intact: 6 of 6 ticks on each of 2 nodes")
        #expect(report.files.map(\.file) == ["columns.csv", "disk.csv", "event.csv", "gaps.csv", "host.csv"])
        #expect(report.files.map(\.rows) == [20, 24, 1, 0, 12])
    }

    @Test("Each container has its row in each tick, and a run without rows of a source is incomplete by name: no fault")
    func lateRows() async throws {
        var run = try VerifyRunBuilder()
        run.addContainers()
        run.addAgents(late: [1, 3])
        run.manifest.nodes[0].incompleteRows = ["container": 2]
        run.manifest.state = .incomplete
        run.manifest.verdict = "incomplete: node a misses container rows in 2 of 6 ticks"
        let report = try await run.report()
        #expect(report.faults == [])
        #expect(report.result == .incomplete && report.nodes[0].incompleteRows == ["container": 2])
        #expect(report.verdict == "incomplete, and all that is missing is named: node a misses container rows in 2 of 6 ticks")
        #expect(report.text.contains("they are those of agent.csv with container_late = 1."), "gaps.csv says nothing of them")
    }

    @Test("What an agent that says nothing of its sources has left out is believed")
    func silentAgent() async throws {
        var run = try VerifyRunBuilder()
        run.manifest.nodes[0].incompleteRows = ["container": 2]
        run.manifest.state = .incomplete
        run.manifest.verdict = "incomplete: node a misses container rows in 2 of 6 ticks"
        #expect(try await run.report().faults == [])
    }

    @Test("A wall clock that was set during a run is told beside the verdict")
    func wallClock() async throws {
        var run = try VerifyRunBuilder()
        run.manifest.note(RunManifest.WallClockStep(tick: 2, aheadUs: -1_500_000))
        let report = try await run.report()
        #expect(
            report.result == .complete
                && report.text.contains("From tick 2 on the collector's wall clock is 1.500 s behind the run's time."))
    }

    @Test("A run whose missing ticks are all named is incomplete, and the ledger says what is missing")
    func incomplete() async throws {
        let report = try await VerifyRunBuilder(missing: true).report()
        #expect(report.faults == [])
        #expect(report.result == .incomplete)
        #expect(report.nodes.map(\.present) == [6, 4])
        #expect(report.nodes[1].missing == ["away": 2])
        #expect(report.gaps == [GapRows.Gap(node: "b", from: 2, to: 3, reason: "away")])
        #expect(report.text.contains("incomplete, and all that is missing is named: node b misses 2 of 6 ticks (2 away)"))
    }

    @Test("What is wrong is found and called by its name, though all sums fit", arguments: Breakage.all)
    func breakage(_ breakage: Breakage) async throws {
        let whole = try VerifyRunBuilder(missing: true)
        var run = whole
        breakage.change(&run)
        #expect(run.files != whole.files || run.manifest != whole.manifest, "nothing was broken")
        let report = try await run.report()
        #expect(report.result == .damaged)
        #expect(codes(report).isSuperset(of: breakage.codes), "\(report.text)")
    }

    @Test("A tick with nothing but an event counts as unexplained, as events prove nothing")
    func eventsProveNothing() async throws {
        var run = try VerifyRunBuilder()
        let time = VerifyRunBuilder.time(5)
        run.removeRows(with: ",5,b,", from: "host.csv", "disk.csv")
        run.files["event.csv"]? += "\(time),5,b,action,x\n"
        let report = try await run.report()
        #expect(report.nodes[1].unexplained == 1)
        #expect(codes(report).contains(.unexplained))
    }

    @Test("A node that fills no table is judged by gaps.csv alone")
    func nodeWithoutRows() async throws {
        var run = try VerifyRunBuilder(missing: true)
        run.removeRows(with: ",b,", from: "host.csv", "disk.csv")
        let report = try await run.report()
        #expect(report.faults == [])
        #expect(report.nodes[1].present == 4)
    }

    @Test("A run that was stopped before its first tick is incomplete, and nothing is wrong with it")
    func noTicks() async throws {
        var run = try VerifyRunBuilder()
        for file in ["host.csv", "disk.csv"] { run.files[file] = run.files[file]?.split(separator: "\n").first.map { $0 + "\n" } }
        run.manifest.lastTick = nil
        run.manifest.state = .incomplete
        run.manifest.verdict = Verdict(accounts: [:], expected: 0).sentence
        for index in 0..<2 { (run.manifest.nodes[index].expected, run.manifest.nodes[index].present) = (0, 0) }
        let report = try await run.report()
        #expect(report.faults == [])
        #expect(report.result == .incomplete)
    }

    @Test("A name that is quoted in the files is the same name, and a hostile one does nothing to a terminal")
    func names() async throws {
        var run = try VerifyRunBuilder(missing: true)
        let hostile = "b,\u{1b}[2J\"ü"
        for file in ["host.csv", "disk.csv", "gaps.csv"] {
            run.files[file] = run.files[file]?.split(separator: ",b,", omittingEmptySubsequences: false)
                .joined(separator: ",\"b,\u{1b}[2J\"\"ü\",")
        }
        run.manifest.nodes[1].node = hostile
        run.manifest.verdict = run.manifest.verdict?.split(separator: "node b").joined(separator: "node \(hostile)")
        let report = try await run.report()
        #expect(report.faults == [])
        #expect(report.nodes[1].node == hostile)
        #expect(report.text.contains("b,\\x1b[2J\"ü"))
        #expect(!report.text.contains("\u{1b}"))
    }

    @Test("Of a thousand faults and gaps a person sees the first twenty, and how many more there are")
    func manyFaults() async throws {
        var run = try VerifyRunBuilder()
        for index in 0..<1500 { run.files["disk.csv"]? += "never,\(index),a,vda,1\n" }
        let report = try await run.report()
        #expect(report.faults.count == RunFaults.kept)
        #expect(report.faultCount > 1500)
        #expect(report.text.hasSuffix("and \(report.faultCount - 20) more"))
    }
}
