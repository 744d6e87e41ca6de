import StatsCore

/// What `sonde verify` says of one run.
struct VerifyReport: Presentable, Equatable {
    enum Result: String, Encodable {
        /// Each tick of each node is in the files, and the files are what they were.
        case complete
        /// Ticks are missing, each named in gaps.csv, and the files are what they were.
        case incomplete
        /// The run isn't closed; what it has committed is as it should be.
        case open
        /// The files are not what they were, or contradict themselves.
        case damaged
    }

    let directory: String
    let id: String
    let name: String
    /// As run.json says.
    let state: RunState
    let result: Result
    /// One sentence for a person.
    let verdict: String
    /// What the run says of itself besides, such as a wall clock that was set meanwhile.
    let remarks: [String]
    let nodes: [RecountedNode]
    /// The first of them.
    let gaps: [GapRows.Gap]
    let gapCount: UInt64
    let files: [FileCheck.Finding]
    /// The first of them.
    let faults: [RunFault]
    let faultCount: UInt64
    private let faultsByFile: [String: UInt64]

    enum CodingKeys: String, CodingKey {
        case directory, id, name, state, result, verdict, remarks, nodes, gaps, files, faults
        case gapCount = "gap_count"
        case faultCount = "fault_count"
    }

    init(
        directory: String, manifest: RunManifest, verdict: Verdict, nodes: [RecountedNode], gaps: [GapRows.Gap], gapCount: UInt64,
        files: [FileCheck.Finding], faults: RunFaults
    ) {
        self.directory = directory
        id = manifest.id
        name = manifest.name
        state = manifest.state
        remarks = manifest.remarks
        self.nodes = nodes
        self.gaps = gaps
        self.gapCount = gapCount
        self.files = files
        self.faults = faults.list
        faultCount = faults.count
        faultsByFile = faults.byFile
        let ticks = verdict.sentence.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? verdict.sentence
        if let first = faults.list.first {
            result = .damaged
            self.verdict = "damaged: \(HumanUnits.count(faults.count, "fault")), the first: \(first.description)"
        } else if manifest.state.isActive {
            result = .open
            self.verdict =
                "not closed (\(manifest.state.rawValue)): what is durable so far is intact; in progress, or left by a collector that ended"
        } else if verdict.isComplete {
            result = .complete
            self.verdict = "complete and intact: \(ticks)"
        } else {
            result = .incomplete
            self.verdict = "incomplete, and all that is missing is named: \(ticks)"
        }
    }

    // MARK: Text

    private static let shown = 20

    var text: String {
        var parts = [(["\(directory): \(verdict)"] + remarks).map { VisibleText.escape($0) }.joined(separator: "\n")]
        if !nodes.isEmpty { parts.append(nodeTable) }
        if let note = LateRows.note(nodes.map(\.incompleteRows)) { parts.append(VisibleText.escape(note)) }
        if !gaps.isEmpty { parts.append(gapTable) }
        if !files.isEmpty { parts.append(fileTable) }
        if !faults.isEmpty { parts.append(faultList) }
        return parts.joined(separator: "\n\n")
    }

    private var nodeTable: String {
        let isMerged = nodes.contains { $0.notRecorded != nil }
        var titles = ["NODE", ">EXPECTED", ">PRESENT", ">MISSING", "REASONS", ">UNEXPLAINED", ">CLOCK ERROR"]
        if isMerged { titles.insert(">NOT RECORDED", at: 5) }
        var table = TextTable(titles)
        let worst = WorstNodes(nodes) { [$0.unexplained, $0.account.missingTotal, $0.incompleteTotal] }
        func row(_ name: String, _ cells: [String?], _ notRecorded: UInt64?) {
            table.append([name] + cells.prefix(4) + (isMerged ? ["\(notRecorded ?? 0)"] : []) + cells.dropFirst(4))
        }
        for node in worst.named {
            row(
                node.node,
                [
                    String(node.expected), String(node.present), String(node.account.missingTotal), Gaps.text(node.missing),
                    String(node.unexplained), node.clockErrorUs.map { HumanUnits.duration(microseconds: $0) },
                ], node.notRecorded)
        }
        guard let note = worst.note else { return table.text() }
        func sum(_ value: (RecountedNode) -> UInt64) -> String? { worst.sum(value).map { String($0) } }
        row(
            worst.title,
            [
                sum(\.expected), sum(\.present), sum(\.account.missingTotal), Gaps.text(worst.sums(\.missing)), sum(\.unexplained),
                nodes.compactMap(\.clockErrorUs).max().map { "up to \(HumanUnits.duration(microseconds: $0))" },
            ], worst.sum(\.notRecorded))
        return "\(table.text())\n\(note)"
    }

    private var gapTable: String {
        var table = TextTable("GAP OF", ">FROM TICK", ">TO TICK", ">TICKS", "REASON")
        for gap in gaps.prefix(Self.shown) { table.append(gap.node, String(gap.from), String(gap.to), String(gap.ticks), gap.reason) }
        return table.text() + Self.more(than: Self.shown, of: gapCount)
    }

    private var fileTable: String {
        var table = TextTable("FILE", ">ROWS", ">BYTES", "CHECK")
        for file in files {
            let faults = faultsByFile[file.file] ?? 0
            table.append(
                file.file, String(file.rows), HumanUnits.bytes(file.bytes), faults == 0 ? "ok" : HumanUnits.count(faults, "fault"))
        }
        return table.text()
    }

    private var faultList: String {
        faults.prefix(Self.shown).map { VisibleText.escape("\($0.code.rawValue)  \($0.description)") }.joined(separator: "\n")
            + Self.more(than: Self.shown, of: faultCount)
    }

    private static func more(than shown: Int, of count: UInt64) -> String {
        count > UInt64(shown) ? "\nand \(count - UInt64(shown)) more" : ""
    }
}

/// What `sonde verify` says of all runs that it was asked about.
struct VerifyReports: Presentable {
    let runs: [VerifyReport]
    /// Of archives; absent when there is none.
    var archives: [ArchiveReport]?

    var text: String { ((archives ?? []).map(\.text) + runs.map(\.text)).joined(separator: "\n\n") }

    /// Whether all of it is complete and intact.
    var isComplete: Bool { runs.allSatisfy { $0.result == .complete } && (archives ?? []).allSatisfy(\.isIntact) }
}
