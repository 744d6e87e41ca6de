import StatsCore
import Testing

@testable import CLI

@Suite("The list of runs") struct RunListTests {
    private static func run(
        _ name: String, begun: Int64, bytes: UInt64? = nil, state: RunState = .complete, labels: [String: String]? = nil, rows: UInt64 = 1
    ) throws -> RunListing {
        var run: RunListing = try JSONCoding.decode(
            from: Array(
                """
                {"id":"\(name)","name":"\(name)","state":"\(state.rawValue)","interval_us":1000000,"t0":"2026-11-27T10:00:00.000000Z",
                 "t0_us":\(begun),"files":{"host.csv":{"rows":\(rows),"bytes":500,"sha256":""}},"node_count":2}
                """.utf8))
        run.diskBytes = bytes
        run.labels = labels
        return run
    }

    private static func runs() throws -> [RunListing] {
        try [
            run("b", begun: 3, bytes: 10, labels: ["variant": "x", "load": "high"]),
            run("a", begun: 1, bytes: 30, labels: ["variant": "y"]),
            run("c", begun: 2, bytes: 20, state: .incomplete, labels: ["variant": "x"]), run("d", begun: 4),
        ]
    }

    private func names(_ selection: RunSelection) throws -> String { try selection.choose(Self.runs()).map(\.name).joined() }

    @Test("Runs are sorted by time, name or size; without a size on the disk, what the files hold counts")
    func sorted() throws {
        #expect(try names(RunSelection()) == "dbca")
        #expect(try names(RunSelection(order: .name)) == "abcd")
        #expect(try names(RunSelection(order: .size)) == "dacb")
    }

    @Test("Runs are chosen by their state, and by labels that all have to be there")
    func chosen() throws {
        #expect(try names(RunSelection(labels: ["variant": "x"])) == "bc")
        #expect(try names(RunSelection(labels: ["variant": "x", "load": "high"])) == "b")
        #expect(try names(RunSelection(labels: ["variant": "x"], state: .incomplete)) == "c")
        #expect(try names(RunSelection(labels: ["other": "x"])) == "")
        #expect(RunList(runs: [], leftOut: 3).text == "No run is like that, of 3 runs altogether.")
    }

    @Test("A line has size, labels, and whether the run is pinned; what labels hold is no escape sequence")
    func line() throws {
        var run = try Self.run("r", begun: 1, bytes: 3 << 20, labels: ["b": "2", "a": "\u{1b}[2J"])
        run.isPinned = true
        let text = RunList(runs: [run]).text
        #expect(text.contains("complete, pinned") && text.contains("3.0 MiB") && text.contains(#"a=\x1b[2J, b=2"#), "\(text)")
    }
}
