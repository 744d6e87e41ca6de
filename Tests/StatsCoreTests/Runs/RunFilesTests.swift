import Testing

@testable import StatsCore

@Suite("The files of a run") struct RunFilesTests {
    private func rows(_ bytes: [UInt8]) -> [[String]] {
        bytes.split(separator: CSVDialect.lineEnd).map { CSVDialect.fields(of: Array($0).span.bytes) }
    }

    @Test("A hole that is written into gaps.csv is read as the same ticks of the same node")
    func gaps() throws {
        let grid = Grid(t0: 1_700_000_000_000_000, interval: 1_000_000)
        var out = ByteWriter()
        out.append(RunLedger.Hole(node: "a, \"b\"", from: 3, to: 7, reason: .spoolFull), grid)
        let row = try #require(rows(out.withUnsafeBytes { Array($0) }).first)
        let gap = try #require(GapRow(row))
        #expect((gap.node, gap.from, gap.to, gap.ticks, gap.reason) == ("a, \"b\"", 3, 7, 5, "spool_full"))
        #expect(gap.time == Timestamp.string(grid.instant(of: 3)) && row.count == GapRow.columns.count)
        #expect(rows(RunFiles.header(GapRow.columns)) == [["time", "node", "from_tick", "to_tick", "ticks", "reason"]])
    }

    @Test("A row of gaps.csv without numbers is none", arguments: [[], ["t", "n", "1", "2", "2"], ["t", "n", "1", "x", "2", "away"]])
    func noGap(fields: [String]) { #expect(GapRow(fields) == nil) }

    @Test("columns.csv says what each column of each file is, and is read as it was written")
    func dictionary() {
        let written = rows(ColumnDictionary.csv())
        #expect(written.first == ColumnDictionary.header)
        #expect(written.dropFirst().map { ColumnDictionary.Entry($0) } == ColumnDictionary.entries)
        for table in TableID.allCases {
            let names = ColumnDictionary.entries.filter { $0.table == table.name }.map(\.name)
            #expect(rows(RunFiles.header(RunFiles.columns(of: table))) == [names])
        }
        #expect(ColumnDictionary.Entry(["table"]) == nil && ColumnDictionary.Entry(["", "a"]) == nil)
    }

    @Test("Without types in columns.csv, a column has the type that is known of it, and any other one is text")
    func types() {
        let typed = { (fields: [String]) in ColumnDictionary.Entry(fields)?.type }
        #expect(typed(["host", "load1", "count", "gauge", "", ""]) == .double)
        #expect(typed(["host", "time", "", "identity", "", ""]) == .timestamp)
        #expect(typed(["container", "cpu_us"]) == .uint64)
        #expect(typed(["event", "exit_code", "count", "identity", "", ""]) == .int64)
        #expect(typed(["event", "detail", "", "identity", "", ""]) == .json)
        #expect(typed(["container", "of_tomorrow", "count", "counter", "", ""]) == .string)
        #expect(typed(["container", "cpu_us", "", "counter", "", "", "double"]) == .double)
        #expect(typed(["container", "of_tomorrow", "", "gauge", "", "", "decimal128"]) == .string)
        #expect(ColumnDictionary.headers.map(\.count) == [7, 6])
    }

    @Test(
        "A grid that can't be is none, whatever a manifest says",
        arguments: [
            (0, 0, 0), (9999, 0, 0), (3_600_000_001, 0, 0), (.max, 0, 0), (1_000_000, -1, 0), (1_000_000, .max, 0), (10_000, 0, .max),
        ]
            as [(Int64, Int64, UInt64)])
    func noGrid(interval: Int64, t0: Int64, lastTick: UInt64) {
        var manifest = RunManifest(
            order: RunOrder(id: "i", name: "n", intervalUs: 10_000, t0: 1, ticks: 5), note: nil, collectorVersion: "", nodes: [])
        #expect(manifest.grid == Grid(t0: 1, interval: 10_000, ticks: 5))
        (manifest.intervalUs, manifest.t0Us, manifest.lastTick) = (interval, t0, lastTick)
        #expect(manifest.grid == nil)
    }

    @Test(
        "A run says when a node's kernel tells no block I/O under cgroup v1",
        arguments: [
            ("6.18.5-1-x", "v1", true), ("6.10", "hybrid", true), ("7.0-rc1", "v1", true), ("6.9.12", "v1", false),
            ("6.18", "v2", false), ("5.15.0-generic", "hybrid", false), ("six", "v1", false),
        ])
    func blockIO(kernel: String, cgroup: String, isTold: Bool) {
        let hello = Hello(
            agent: "a", epoch: 1, node: "n", monitor: "", version: "1", kernel: kernel, cgroup: cgroup, tables: [:], firstUnacked: 1,
            nextSeq: 1)
        let order = RunOrder(id: "r", name: "r", intervalUs: 1_000_000, t0: 0, ticks: nil)
        var manifest = RunManifest(order: order, note: nil, collectorVersion: "1", nodes: [RunManifest.Node(hello: hello)])
        manifest.noteRemarks()
        #expect(manifest.said?.first?.hasPrefix("The kernel of n tells the block I/O") == (isTold ? true : nil))
    }
}
