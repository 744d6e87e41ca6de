import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Proves from its files alone that a run is whole, or finds what is missing or wrong. What run.json says is recounted, not believed.
///
/// Each file is read once, in pieces. What is kept of it are the spans of ticks that each node has rows for, so that memory doesn't
/// grow with the files' length.
struct RunVerification {
    private let claims: RunClaims
    private var faults: RunFaults
    private let expected: [UInt64]
    private var findings: [FileCheck.Finding] = []
    /// By node: ticks with rows in any table.
    private var seen: [TickSet]
    /// By node: what agent.csv says of sources whose rows are missing; `nil` when it says nothing.
    private var late: [[String: UInt64]?]

    /// - Throws: `CommandFailure` when the directory is no run, or is none that can be checked.
    static func report(on path: String) throws -> VerifyReport {
        let directory = try RunClaims.directory(path)
        var verification = try Self(directory)
        return verification.run(directory, path: path)
    }

    private init(_ directory: borrowing Descriptor) throws {
        var faults = RunFaults()
        let claims = try RunClaims(directory, &faults)
        self.claims = claims
        self.faults = faults
        expected = claims.nodes.map(claims.expected(of:))
        seen = claims.nodes.map { _ in TickSet() }
        late = claims.nodes.map { _ in nil }
    }

    private mutating func run(_ directory: borrowing Descriptor, path: String) -> VerifyReport {
        let dictionary = readDictionary(directory)
        let gaps = readGaps(directory, dictionary)
        readTables(directory, dictionary)
        findUnnamed(directory)
        let nodes = recount(gaps)
        let verdict = Verdict(
            accounts: Dictionary(uniqueKeysWithValues: nodes.map { ($0.node, $0.account) }),
            expected: claims.manifest.lastTick.map { $0 + 1 } ?? 0, files: claims.manifest.files)
        compare(nodes, verdict)
        return VerifyReport(
            directory: path, manifest: claims.manifest, verdict: verdict, nodes: nodes, gaps: gaps.gaps, gapCount: gaps.count,
            files: findings.sorted { $0.file < $1.file }, faults: faults)
    }

    // MARK: Files

    private mutating func readDictionary(_ directory: borrowing Descriptor) -> DictionaryRows {
        var dictionary = DictionaryRows()
        read(RunFiles.columns, ColumnDictionary.headers, directory, &dictionary)
        dictionary.check(claims, &faults)
        return dictionary
    }

    private mutating func readGaps(_ directory: borrowing Descriptor, _ dictionary: DictionaryRows) -> GapRows {
        var gaps = GapRows(grid: claims.grid, nodes: claims.nodes, expected: expected)
        if claims.files[RunFiles.gaps] != nil { read(RunFiles.gaps, dictionary.header(of: RunFiles.gaps).map { [$0] }, directory, &gaps) }
        return gaps
    }

    private mutating func readTables(_ directory: borrowing Descriptor, _ dictionary: DictionaryRows) {
        // The tables with a row for each tick come first: what the others say about ticks is then known already.
        let order = TableID.allCases.map(RunFiles.table)
        let others = Set(claims.files.keys).subtracting(order).subtracting([RunFiles.gaps, RunFiles.columns]).sorted()
        for file in order + others where claims.files[file] != nil {
            guard file.hasSuffix(".csv"), !file.hasPrefix("."), !file.contains("/") else {
                faults.note(.manifest, file: RunFiles.manifest, "files names `\(file)`, which is no CSV file of a run")
                continue
            }
            let header = dictionary.header(of: file)
            var table = TableRows(file: file, header: header ?? [], grid: claims.grid, nodes: claims.nodes, expected: expected)
            read(file, header.map { [$0] }, directory, &table)
            for (node, ticks) in table.ticks.enumerated() { seen[node].formUnion(ticks) }
            if file == RunFiles.table(.agent) { late = table.late }
        }
    }

    private mutating func read(
        _ name: String, _ headers: [[String]]?, _ directory: borrowing Descriptor, _ check: inout some RowCheck & ~Copyable
    ) {
        let file = FileCheck(name: name, claim: claims.files[name], headers: headers)
        if let finding = file.run(directory, &check, &faults) { findings.append(finding) }
    }

    private mutating func findUnnamed(_ directory: borrowing Descriptor) {
        let named = Set(claims.files.keys).union([RunFiles.columns])
        for name in directory.names(of: Int(DT_REG)).sorted() {
            let held = RunFiles.uncompressed(name) ?? name
            guard held.hasSuffix(".csv"), !named.contains(held) else { continue }
            faults.note(.unnamedFile, file: name, "nothing says that it belongs to the run")
        }
    }

    // MARK: Ledger

    private mutating func recount(_ gaps: GapRows) -> [RecountedNode] {
        let clocks = Dictionary(claims.manifest.nodes.map { ($0.node, $0.clockErrorUs) }) { first, _ in first }
        return claims.nodes.indices.map { node in
            RecountedNode(
                node: claims.nodes[node], expected: expected[node], seen: seen[node], gaps: gaps.missing[node],
                reasons: gaps.reasons[node], incompleteRows: incompleteRows(of: node), clockErrorUs: clocks[claims.nodes[node]] ?? nil,
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
        "\(account.present) of \(account.nextTick) ticks present, missing \(Gaps.text(account.missing))"
            + (account.incompleteRows.map { ", incomplete rows \(Gaps.text($0))" } ?? "")
    }
}
