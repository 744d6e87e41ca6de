/// The sentence that says whether a run is complete.
package struct Verdict: Equatable {
    package let isComplete: Bool
    package let sentence: String

    /// - Parameters:
    ///   - files: the run's files by name. A faulty one makes the run incomplete.
    ///   - parts: of a merged run. One that isn't complete makes the run incomplete.
    package init(
        accounts: [String: RunLedger.Account], expected: UInt64, files: [String: RunManifest.File] = [:], parts: [RunPart] = []
    ) {
        guard expected > 0 else {
            isComplete = false
            sentence = "incomplete: stopped before the first tick"
            return
        }
        let short = accounts.filter { !$0.value.isWhole }.sorted { $0.key < $1.key }
        let faults =
            files.sorted { $0.key < $1.key }.compactMap { name, file in file.fault.map { "\(name) \($0)" } }
            + parts.compactMap(\.shortcoming) + RecordingGroup.among(parts).compactMap(\.shortcoming)
        isComplete = short.isEmpty && faults.isEmpty && !accounts.isEmpty
        if isComplete {
            sentence = "complete: \(Self.whole(accounts, expected))"
        } else {
            let named = short.prefix(5).map { Self.clause($0.key, $0.value, expected) }
            let rest = short.count > named.count ? ["\(short.count - named.count) more nodes miss ticks or rows"] : []
            sentence = "incomplete: " + (faults + named + rest).joined(separator: "; ")
        }
    }

    private static func whole(_ accounts: [String: RunLedger.Account], _ expected: UInt64) -> String {
        let nodes = accounts.count == 1 ? "1 node" : "each of \(accounts.count) nodes"
        let notRecorded = accounts.values.reduce(UInt64(0)) { $0.saturatingAdding($1.notRecorded ?? 0) }
        guard notRecorded > 0 else { return "\(expected) of \(expected) ticks on \(nodes)" }
        let counts = Set(accounts.values.map(\.expected))
        let recorded = counts.count == 1 ? counts.first.map { "\($0) of \($0)" } ?? "all" : "all"
        return "\(recorded) recorded ticks on \(nodes), over a grid of \(expected)"
    }

    private static func clause(_ node: String, _ account: RunLedger.Account, _ expected: UInt64) -> String {
        var misses: [String] = []
        if account.missingTotal > 0 {
            let reasons = account.missing.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            misses.append("\(account.missingTotal) of \(expected - min(expected, account.notRecorded ?? 0)) ticks (\(reasons))")
        }
        if let rows = account.incompleteRows {
            let sources = rows.sorted { $0.key < $1.key }.map { "\($0.key) rows in \($0.value)" }.joined(separator: ", ")
            misses.append("\(sources) of \(account.present) ticks")
        }
        return "node \(node) misses " + misses.joined(separator: " and ")
    }
}
