import StatsCore

/// What `sonde compare` says.
struct CompareReport: Presentable, Tabular {
    let comparison: Comparison
    let verdicts: [FailVerdict]
    /// How many things of a kind the text lists.
    var top = 10

    /// - Throws: `CommandFailure` when a condition can't be judged.
    init(_ comparison: Comparison) throws(CommandFailure) {
        self.comparison = comparison
        verdicts = try comparison.verdicts()
    }

    var holds: Bool { verdicts.contains { !$0.holding.isEmpty } }

    // MARK: Text

    var text: String {
        let (a, b, options) = (comparison.a, comparison.b, comparison.options)
        var parts = ["A  \(Self.naming(a))\nB  \(Self.naming(b))"]
        parts += SubjectKind.allCases.compactMap(table)
        parts.append(sentences.joined(separator: "\n"))
        var end = [method(options)]
        end += Self.others("A", comparison.onlyA) + Self.others("B", comparison.onlyB)
        end += comparison.notes.map { "Note: \($0)" }
        parts.append(end.map { VisibleText.escape($0) }.joined(separator: "\n"))
        if !verdicts.isEmpty { parts.append(verdicts.map(\.text).joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    private static func naming(_ group: [Repetition]) -> String {
        let shown = 12
        let labels = group.prefix(shown).map(\.label).joined(separator: ", ")
        let more = group.count > shown ? " and \(group.count - shown) more" : ""
        return VisibleText.escape("\(HumanUnits.count(group.count, "repetition")): \(labels)\(more)")
    }

    func method(_ options: Comparison.Options) -> String {
        var text = "A and B: means over repetitions. "
        if comparison.measures.contains(where: { $0.intervals != nil }) {
            text +=
                "Intervals: 95 %, percentile bootstrap of the difference of means over \(options.isPaired ? "pairs of repetitions" : "repetitions"), \(Bootstrap(seed: 0).resamples) resamples, --seed \(options.seed). "
        }
        return text + "DELTA: Cliff's delta; G: Hedges' g. docs/COMPARE.md defines them."
    }

    private func table(of kind: SubjectKind) -> String? {
        let all = comparison.measures.filter { $0.subject.kind == kind }
        let subjects = Self.busiest(all)
        guard !subjects.isEmpty else { return nil }
        var table = TextTable(
            kind.rawValue.uppercased(), "MEASURE", ">A", ">B", ">DIFFERENCE", ">%", "95 % INTERVAL", ">DELTA", ">G", ">N")
        let areManyNodes = Set(subjects.map(\.node)).count > 1
        for subject in subjects.prefix(top) {
            for (place, line) in all.filter({ $0.subject == subject }).enumerated() {
                table.append(
                    place == 0 ? subject.title(areManyNodes: areManyNodes) : "", line.title, line.a.mean.map(line.unit.text),
                    line.b.mean.map(line.unit.text), line.difference.map(line.signedValue), line.ratio.map(ComparedMeasure.signed),
                    line.intervals.map(line.interval), line.cliffsDelta.map(ComparedMeasure.number),
                    line.hedgesG.map(ComparedMeasure.number), "\(line.a.values.count)+\(line.b.values.count)")
            }
        }
        let more = subjects.count - min(subjects.count, top)
        return table.text() + (more > 0 ? "\nand \(more) more that used less: --top \(subjects.count), --json or --csv show them" : "")
    }

    /// Those with most CPU time in either group first.
    static func busiest(_ measures: [ComparedMeasure]) -> [Subject] {
        var weights: [Subject: Double] = [:]
        for compared in measures {
            let weight = compared.measure.name == Measure.cpu ? max(compared.a.mean ?? 0, compared.b.mean ?? 0) : 0
            weights[compared.subject] = max(weights[compared.subject] ?? 0, weight)
        }
        return weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// Those worth a sentence, the surest and largest first.
    var important: [ComparedMeasure] {
        func weight(_ compared: ComparedMeasure) -> (Int, Double) {
            (compared.certainty == .clear ? 0 : 1, -(compared.ratio?.magnitude ?? .infinity))
        }
        return comparison.measures.filter(\.matters).map { ($0, weight($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    private static let sentences = 20

    private var sentences: [String] {
        let important = important
        guard !important.isEmpty else { return ["No difference is large and sure enough to speak of."] }
        let lines = important.prefix(Self.sentences).map { compared in
            VisibleText.escape(
                "  \(compared.subject.kind.rawValue) \(compared.subject.title(areManyNodes: comparison.areManyNodes)): \(compared.sentence ?? "")."
            )
        }
        let more = important.count > Self.sentences ? ["  and \(important.count - Self.sentences) more"] : []
        return ["What differs, in B compared with A:"] + lines + more
    }

    private static func others(_ group: String, _ subjects: [Subject]) -> [String] {
        guard !subjects.isEmpty else { return [] }
        let shown = 8
        let names = subjects.prefix(shown).map { "\($0.kind.rawValue) \($0.title(areManyNodes: false))" }.joined(separator: ", ")
        return ["Only in \(group): \(names)\(subjects.count > shown ? " and \(subjects.count - shown) more" : "")."]
    }

    // MARK: CSV

    static let csvHeader = [
        "kind", "node", "name", "measure", "statistic", "unit", "n_a", "n_b", "a", "b", "difference", "difference_low", "difference_high",
        "ratio", "ratio_low", "ratio_high", "cliffs_delta", "hedges_g", "certainty",
    ]

    var csvRows: [[String]] {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        return [Self.csvHeader]
            + comparison.measures.map { line in
                let (difference, ratio) = (line.intervals?.difference, line.intervals?.ratio)
                return [
                    line.subject.kind.rawValue, line.subject.node, line.subject.name, line.measure.name, line.statistic.rawValue,
                    line.unit.name, "\(line.a.values.count)", "\(line.b.values.count)", text(line.a.mean), text(line.b.mean),
                    text(line.difference), text(difference?.lowerBound), text(difference?.upperBound), text(line.ratio),
                    text(ratio?.lowerBound), text(ratio?.upperBound), text(line.cliffsDelta), text(line.hedgesG), line.certainty.rawValue,
                ]
            }
    }
}

extension Subject {
    /// For people; of a program with its place and user.
    func title(areManyNodes: Bool) -> String {
        let parts = [name.isEmpty ? "–" : name] + detail.split(separator: "\u{0}").map { String($0.prefix(24)) }
        let own = parts.joined(separator: " · ")
        return areManyNodes && kind != .host && !node.isEmpty ? "\(node): \(own)" : own
    }
}

extension FailVerdict {
    var text: String {
        guard !holding.isEmpty else { return VisibleText.escape("--fail-if '\(condition.text)': doesn't hold.") }
        let shown = 5
        let names = holding.prefix(shown).map { compared in
            let change = compared.ratio.map(ComparedMeasure.signed) ?? compared.difference.map(compared.signedValue) ?? ""
            let doubt = compared.certainty == .none ? ", which may be chance" : ""
            return "\(compared.subject.kind.rawValue) \(compared.subject.title(areManyNodes: false)) (\(change)\(doubt))"
        }
        let more = holding.count > shown ? " and \(holding.count - shown) more" : ""
        return VisibleText.escape("--fail-if '\(condition.text)': holds for \(names.joined(separator: ", "))\(more).")
    }
}
