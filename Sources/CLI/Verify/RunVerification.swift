import StatsCore

/// Proves from its files alone that a run is whole, or finds what is missing or wrong. What run.json says is recounted, not believed.
///
/// Each file is read once, in pieces. What is kept of it are the spans of ticks that each node has rows for, so that memory doesn't
/// grow with the files' length.
struct RunVerification {
    private let claims: RunClaims
    private var faults: RunFaults
    private let expected: [UInt64]
    private let instants: RunInstants
    private var findings: [FileCheck.Finding] = []
    /// By node: ticks with rows in any table.
    private var seen: [TickSet]
    /// By node: what agent.csv says of sources whose rows are missing; `nil` when it says nothing.
    private var late: [[String: UInt64]?]

    /// - Throws: `CommandFailure` when the directory is no run, or is none that can be checked.
    static func report(on path: String) throws -> VerifyReport {
        let source = try RunSource(path)
        var verification = try Self(source)
        return verification.run(source, path: path)
    }

    private init(_ source: borrowing RunSource) throws {
        var faults = RunFaults()
        let claims = try RunClaims(source, &faults)
        self.claims = claims
        self.faults = faults
        expected = claims.nodes.map(claims.expected(of:))
        instants = RunInstants(claims)
        seen = claims.nodes.map { _ in TickSet() }
        late = claims.nodes.map { _ in nil }
    }

    private mutating func run(_ source: borrowing RunSource, path: String) -> VerifyReport {
        let dictionary = readDictionary(source)
        let gaps = readGaps(source, dictionary)
        readTables(source, dictionary)
        findUnnamed(source)
        checkParts(gaps)
        let nodes = recount(gaps)
        let verdict = Verdict(
            accounts: Dictionary(uniqueKeysWithValues: nodes.map { ($0.node, $0.account) }),
            expected: claims.manifest.lastTick.map { $0 + 1 } ?? 0, files: claims.manifest.files,
            parts: claims.manifest.parts ?? [])
        compare(nodes, verdict)
        return VerifyReport(
            directory: path, manifest: claims.manifest, verdict: verdict, nodes: nodes, gaps: gaps.gaps, gapCount: gaps.count,
            files: findings.sorted { $0.file < $1.file }, faults: faults)
    }

    // MARK: Files

    private mutating func readDictionary(_ source: borrowing RunSource) -> DictionaryRows {
        var dictionary = DictionaryRows()
        read(RunFiles.columns, ColumnDictionary.headers, source, &dictionary)
        dictionary.check(claims, &faults)
        return dictionary
    }

    private mutating func readGaps(_ source: borrowing RunSource, _ dictionary: DictionaryRows) -> GapRows {
        var gaps = GapRows(instants, nodes: claims.nodes, expected: expected)
        if claims.files[RunFiles.gaps] != nil { read(RunFiles.gaps, dictionary.header(of: RunFiles.gaps).map { [$0] }, source, &gaps) }
        return gaps
    }

    private mutating func readTables(_ source: borrowing RunSource, _ dictionary: DictionaryRows) {
        // The tables with a row for each tick come first: what the others say about ticks is then known already.
        let order = TableID.allCases.map(RunFiles.table)
        let others = Set(claims.files.keys).subtracting(order).subtracting([RunFiles.gaps, RunFiles.columns]).sorted()
        for file in order + others where claims.files[file] != nil {
            guard file.hasSuffix(".csv"), !file.hasPrefix("."), !file.contains("/") else {
                faults.note(.manifest, file: RunFiles.manifest, "files names `\(file)`, which is no CSV file of a run")
                continue
            }
            let header = dictionary.header(of: file)
            var table = TableRows(file: file, header: header ?? [], instants, nodes: claims.nodes, expected: expected)
            read(file, header.map { [$0] }, source, &table)
            for (node, ticks) in table.ticks.enumerated() { seen[node].formUnion(ticks) }
            if file == RunFiles.table(.agent) { late = table.late }
        }
    }

    private mutating func read(
        _ name: String, _ headers: [[String]]?, _ source: borrowing RunSource, _ check: inout some RowCheck & ~Copyable
    ) {
        let file = FileCheck(name: name, claim: claims.files[name], headers: headers)
        if let finding = file.run(source, &check, &faults) { findings.append(finding) }
    }

    private mutating func findUnnamed(_ source: borrowing RunSource) {
        let named = Set(claims.files.keys).union([RunFiles.columns])
        for name in source.names().sorted() {
            let held = RunFiles.uncompressed(name) ?? name
            guard held.hasSuffix(".csv"), !named.contains(held) else { continue }
            faults.note(.unnamedFile, file: name, "nothing says that it belongs to the run")
        }
    }

    // MARK: Ledger

    /// Only what lies in no part of a merged run was not recorded, and rows only in parts.
    private mutating func checkParts(_ gaps: GapRows) {
        for (place, node) in claims.nodes.enumerated() {
            var recorded = claims.manifest.parts == nil ? TickSet(0..<expected[place]) : TickSet()
            for span in instants.spans(of: place) { recorded.insert(span.ticks) }
            let wrong = gaps.notRecorded[place].intersection(recorded)
            if !wrong.isEmpty {
                faults.note(
                    .gap, file: RunFiles.gaps, node: node,
                    "ticks \(wrong.text) of node \(node) are said to be of no part, and \(RunFiles.manifest) says that they were recorded")
            }
            let strange = seen[place].subtracting(recorded)
            if !strange.isEmpty { faults.note(.tick, node: node, "ticks \(strange.text) have rows, and are of no part that has the node") }
        }
        let last = claims.manifest.lastTick ?? 0
        for part in claims.manifest.parts ?? [] {
            if part.ticks == nil || part.lastTick > last {
                faults.note(
                    .manifest, file: RunFiles.manifest,
                    "the part \(part.name) has the ticks \(part.firstTick) to \(part.lastTick), and the run those to \(last)")
            }
            if let damage = part.damage { faults.note(.known, file: RunFiles.manifest, "the part \(part.name) was \(damage)") }
        }
    }

    private mutating func recount(_ gaps: GapRows) -> [RecountedNode] {
        let clocks = Dictionary(claims.manifest.nodes.map { ($0.node, $0.clockErrorUs) }) { first, _ in first }
        return claims.nodes.indices.map { node in
            RecountedNode(
                node: claims.nodes[node], ticks: expected[node], seen: seen[node], gaps: gaps.missing[node],
                notRecorded: gaps.notRecorded[node], reasons: gaps.reasons[node], incompleteRows: incompleteRows(of: node),
                clockErrorUs: clocks[claims.nodes[node]] ?? nil,
                &faults)
        }
    }

    /// Agents that say nothing of their sources, such as earlier ones, can't be recounted.
    private func incompleteRows(of node: Int) -> [String: UInt64]? {
        guard let counts = late[node] else { return claims.account(of: claims.nodes[node])?.incompleteRows }
        let incomplete = counts.filter { $0.value > 0 }
        return incomplete.isEmpty ? nil : incomplete
    }

    /// Names every difference between what was counted and what is claimed.
    private mutating func compare(_ nodes: [RecountedNode], _ verdict: Verdict) {
        let manifest = claims.manifest
        let source = claims.isClosed ? RunFiles.manifest : RunFiles.commitLog
        for node in nodes {
            let claim = claims.account(of: node.node)
            guard claim != node.account, claims.isClosed || claim != nil else { continue }
            faults.note(
                .count, file: source, node: node.node,
                "of node \(node.node) it says \(claim.map(Self.text) ?? "nothing"), and the files \(Self.text(node.account))")
        }
        guard claims.isClosed else { return }
        let state: RunState = verdict.isComplete ? .complete : .incomplete
        if manifest.state != state {
            faults.note(.state, file: RunFiles.manifest, "the state is \(manifest.state.rawValue), and by the files \(state.rawValue)")
        }
        if manifest.verdict != verdict.sentence {
            faults.note(
                .verdict, file: RunFiles.manifest, "the verdict is “\(manifest.verdict ?? "")”, and by the files “\(verdict.sentence)”")
        }
    }

    private static func text(_ account: RunLedger.Account) -> String {
        "\(account.present) of \(account.expected) ticks present, missing \(Gaps.text(account.missing))"
            + (account.notRecorded.map { ", \($0) not recorded" } ?? "")
            + (account.incompleteRows.map { ", incomplete rows \(Gaps.text($0))" } ?? "")
    }
}
