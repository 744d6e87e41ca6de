import ArgumentParser
import StatsCore

/// Two groups of repetitions, compared: per thing and measure, how much they differ, and how sure that is.
struct Comparison: Sendable {
    struct Options: Sendable {
        var kinds = SubjectKind.usual
        /// Columns besides the fixed measures.
        var columns: [String] = []
        var statistics: [Statistic] = [.mean]
        var seed: UInt64 = 1
        /// The n-th repetition of A belongs to the n-th of B.
        var isPaired = false
        /// Takes runs that miss something.
        var allowsIncomplete = false
        var allowsIntervals = false
        /// Only things whose names match it.
        var only: Glob?
        var conditions: [FailCondition] = []
        /// Keeps distributions, to draw them.
        var keepsSketches = false
    }

    let a: [Repetition]
    let b: [Repetition]
    let options: Options
    /// In the order of things, and of their measures.
    let measures: [ComparedMeasure]
    /// Things that only one of the groups has.
    let onlyA: [Subject]
    let onlyB: [Subject]
    /// What a reader should know, as sentences.
    let notes: [String]

    /// How many comparisons may be made before a word is due on those that differ by chance.
    static let manyComparisons = 20

    /// Reads each file of each run once.
    /// - Throws: `CommandFailure`: a group is empty, a run can't be read, or what is compared isn't alike and the options don't allow it.
    init(_ groupA: RunGroup, _ groupB: RunGroup, _ options: Options = Options()) throws {
        try Self.check(groupA, groupB, options)
        var options = options
        for condition in options.conditions where !options.statistics.contains(condition.statistic) {
            options.statistics.append(condition.statistic)
        }
        var reader = try ComparedRuns(options, [groupA, groupB])
        for directory in groupA.directories + groupB.directories { try reader.read(directory, [groupA, groupB]) }
        let (a, b) = (reader.repetitions(0, of: groupA), reader.repetitions(1, of: groupB))
        try reader.refuse(a + b)
        if options.isPaired, a.count != b.count {
            throw CommandFailure(
                code: "not_paired",
                message: "--pair needs as many repetitions of B as of A: there are \(a.count) of A and \(b.count) of B.")
        }
        (self.a, self.b, self.options) = (a, b, options)
        let subjects = (a: Self.subjects(a, options), b: Self.subjects(b, options))
        onlyA = subjects.a.subtracting(subjects.b).sorted()
        onlyB = subjects.b.subtracting(subjects.a).sorted()
        measures = Self.compare(subjects.a.intersection(subjects.b).sorted(), a, b, reader.measures, options)
        if measures.isEmpty { throw Self.nothingShared(subjects.a, subjects.b, options) }
        notes = reader.notes(a, b) + Self.notes(a, b, measures)
    }

    private static func check(_ a: RunGroup, _ b: RunGroup, _ options: Options) throws(CommandFailure) {
        for (name, group) in [("A", a), ("B", b)] {
            if group.directories.isEmpty {
                throw CommandFailure(
                    code: "usage", message: "Group \(name) has no run: sonde compare RUN… --to RUN…", status: .validationFailure)
            }
            var seen: Set<String> = []
            for directory in group.directories where !seen.insert(directory).inserted {
                throw CommandFailure(
                    code: "usage", message: "\(directory) is named twice in group \(name): one recording is one repetition.",
                    status: .validationFailure)
            }
        }
        if let both = a.directories.first(where: b.directories.contains), a.ends == b.ends {
            throw CommandFailure(
                code: "usage",
                message: "\(both) is in both groups: say by --window and --to-window which part of it is A and which is B.",
                status: .validationFailure)
        }
    }

    private static func subjects(_ repetitions: [Repetition], _ options: Options) -> Set<Subject> {
        var all: Set<Subject> = []
        for repetition in repetitions { all.formUnion(repetition.values.keys) }
        guard let only = options.only else { return all }
        return all.filter { only.matches($0.name) }
    }

    /// Nothing compared isn't the same as nothing that differs.
    private static func nothingShared(_ a: Set<Subject>, _ b: Set<Subject>, _ options: Options) -> CommandFailure {
        func naming(_ subjects: Set<Subject>) -> String {
            let names = subjects.sorted().map { "\($0.kind.rawValue) \($0.title(areManyNodes: false))" }
            return names.isEmpty ? "none" : RunClaims.naming(names)
        }
        let kinds = options.kinds.map(\.rawValue).joined(separator: ", ")
        let what = "(\(kinds)\(options.only.map { " with --only \($0.text)" } ?? ""))"
        let advice =
            !a.isDisjoint(with: b)
            ? "What is in both has no value in one of them, as rates need two ticks: compare longer parts, or other measures (--column)."
            : a.isEmpty || b.isEmpty
                ? "`sonde summary RUN` says what a run has: choose by --by, --only or --window something that both have."
                : "If they are the same under other names, match them by --by name, service or image; else choose by --by or --only something that both have."
        return CommandFailure(
            code: "nothing_shared",
            message:
                "Not compared, as nothing that was asked for \(what) is in both groups.\n  A: \(naming(a))\n  B: \(naming(b))\n\(advice)")
    }

    private static func compare(
        _ subjects: [Subject], _ a: [Repetition], _ b: [Repetition], _ measures: [SubjectKind: [Measure]], _ options: Options
    ) -> [ComparedMeasure] {
        let bootstrap = Bootstrap(seed: options.seed)
        var compared: [ComparedMeasure] = []
        for subject in subjects {
            for measure in measures[subject.kind] ?? [] {
                for statistic in options.statistics where statistic.unit(of: measure) != nil {
                    let (valuesA, valuesB) = (values(a, subject, measure, statistic), values(b, subject, measure, statistic))
                    guard valuesA.contains(where: { $0 != nil }), valuesB.contains(where: { $0 != nil }) else { continue }
                    compared.append(
                        ComparedMeasure(subject, measure, statistic, valuesA, valuesB, bootstrap, isPaired: options.isPaired))
                }
            }
        }
        return compared
    }

    private static func values(_ group: [Repetition], _ subject: Subject, _ measure: Measure, _ statistic: Statistic) -> [Double?] {
        group.map { $0.values[subject]?[measure.name]?[statistic] }
    }

    private static func notes(_ a: [Repetition], _ b: [Repetition], _ measures: [ComparedMeasure]) -> [String] {
        var notes: [String] = []
        let fewest = min(a.count, b.count)
        if fewest < Bootstrap.fewest {
            notes.append(
                "Too few repetitions for intervals: \(Bootstrap.fewest) in each group are needed, and there are \(a.count) and \(b.count). A percentile bootstrap interval of fewer is too narrow to be called one of 95 %."
            )
        } else if measures.count > manyComparisons {
            let chance = HumanUnits.fixed(Double(measures.count) * (1 - Bootstrap.confidence), digits: 0)
            notes.append(
                "\(measures.count) comparisons are made: of so many intervals of 95 %, about \(chance) would leave out zero by chance alone. Decide beforehand which of them are to count, or take the others as hints."
            )
        }
        return notes
    }

    /// Whether a thing's name needs its node's.
    var areManyNodes: Bool { Set(measures.map(\.subject.node)).count > 1 }

    /// What came true of the conditions.
    /// - Throws: `CommandFailure` when nothing that is compared has a condition's measure.
    func verdicts() throws(CommandFailure) -> [FailVerdict] {
        var verdicts: [FailVerdict] = []
        for condition in options.conditions {
            let judged = measures.compactMap { measure in condition.holds(for: measure).map { (measure, $0) } }
            guard !judged.isEmpty else {
                throw CommandFailure(
                    code: "no_measure",
                    message:
                        "Nothing that both groups have has \(condition.measure):\(condition.statistic.rawValue), so that “\(condition.text)” can't be judged."
                )
            }
            verdicts.append(FailVerdict(condition: condition, holding: judged.filter(\.1).map(\.0)))
        }
        return verdicts
    }
}

/// What came true of a condition.
struct FailVerdict: Sendable {
    let condition: FailCondition
    /// Those for which it holds.
    let holding: [ComparedMeasure]
}
