import StatsCore

/// Reads the runs that are compared, and judges whether they are alike.
struct ComparedRuns {
    private let options: Comparison.Options
    /// By group, then by directory.
    private var read: [[String: [Repetition]]]
    private var seen: Set<String> = []
    private var remarks: [String] = []
    /// The measures of each kind of things, in their order.
    private(set) var measures: [SubjectKind: [Measure]] = [:]
    private var nodes: [Set<String>]
    /// By group: what is known of each host, by what it is.
    private var facts: [[String: Set<String>]]
    private var environments: [[String: Set<String>]]
    /// Whether each run is of one host, so that hosts of different names can be compared.
    private let namesHosts: Bool

    /// - Throws: `CommandFailure` when a run can't be read.
    init(_ options: Comparison.Options, _ groups: [RunGroup]) throws {
        self.options = options
        read = groups.map { _ in [:] }
        nodes = groups.map { _ in [] }
        facts = groups.map { _ in [:] }
        environments = groups.map { _ in [:] }
        var hosts: Set<String> = []
        var isOne = true
        for directory in Set(groups.flatMap(\.directories)) {
            let claims = try RunOnDisk(directory).claims
            isOne = isOne && claims.nodes.count <= 1
            hosts.formUnion(claims.nodes)
        }
        namesHosts = !isOne || hosts.count <= 1
    }

    /// Sums up a run for all groups that it is in, in one pass over its files. One that was read already is not read again.
    mutating func read(_ directory: String, _ groups: [RunGroup]) throws {
        guard seen.insert(directory).inserted else { return }
        try RunOnDisk.naming(directory) {
            let run = try RunOnDisk(directory)
            let windows = try groups.map { group in
                group.directories.contains(directory) ? try RunWindow.all(group.ends, of: run) : []
            }
            var wish = RunSummary.Wish()
            (wish.kinds, wish.columns) = (options.kinds, options.columns)
            var summaries = try RunSummary.all(run, directory, windows.flatMap(\.self), wish)[...]
            remarks += (summaries.first?.remarks ?? []).filter { !run.manifest.remarks.contains($0) }.map { "\(directory): \($0)" }
            for group in groups.indices where !windows[group].isEmpty {
                note(run, of: group)
                var repetitions: [Repetition] = []
                for (place, summary) in summaries.prefix(windows[group].count).enumerated() {
                    note(summary)
                    let part = windows[group].count > 1 ? "#\(place + 1)" : ""
                    repetitions.append(
                        Repetition(
                            summary, label: directory + (summary.window.name.isEmpty ? "" : " \(summary.window.name)\(part)"),
                            statistics: options.statistics, keepsSketches: options.keepsSketches,
                            problems: try RunFitness.problems(of: run, in: summary.window, summing: options.kinds), subject: named))
                }
                summaries = summaries.dropFirst(windows[group].count)
                read[group][directory] = repetitions
            }
        }
    }

    func repetitions(_ number: Int, of group: RunGroup) -> [Repetition] { group.directories.flatMap { read[number][$0] ?? [] } }

    /// The name under which a thing is compared with others.
    private func named(_ subject: Subject) -> Subject {
        guard !namesHosts else { return subject }
        var subject = subject
        subject.node = ""
        if subject.kind == .host { subject.name = "host" }
        return subject
    }

    private mutating func note(_ summary: RunSummary) {
        for use in summary.uses {
            for measure in use.measures where !(measures[use.subject.kind] ?? []).contains(where: { $0.name == measure.measure.name }) {
                measures[use.subject.kind, default: []].append(measure.measure)
            }
        }
    }

    private mutating func note(_ run: borrowing RunOnDisk, of group: Int) {
        for environment in run.manifest.environments.values {
            // Those below are known of runs of every version.
            for (fact, text) in environment.told(without: [.kernel, .threads, .memory, .cgroup]) {
                environments[group][fact, default: []].insert(text)
            }
        }
        for node in run.manifest.nodes {
            nodes[group].insert(node.node)
            for (what, value) in [
                ("kernel", node.kernel), ("number of cores", node.cpus.map { "\($0)" }), ("memory", node.memoryBytes.map(HumanUnits.bytes)),
                ("version of cgroups", node.cgroup), ("version of the agent", node.version),
            ] { if let value { facts[group][what, default: []].insert(value) } }
        }
    }

    /// - Throws: `CommandFailure` that names each repetition that misses something, and those that ticked at another interval.
    func refuse(_ repetitions: [Repetition]) throws(CommandFailure) {
        let unfit = repetitions.filter { !$0.problems.isEmpty }
        if !unfit.isEmpty, !options.allowsIncomplete {
            throw CommandFailure(
                code: "incomplete",
                message: "Not compared, as not everything is there:\n"
                    + unfit.map { "  \($0.label) \($0.problems.joined(separator: "; "))" }.joined(separator: "\n")
                    + "\nLeave them out, or compare what there is with --allow-incomplete.")
        }
        let intervals = Set(repetitions.map(\.interval.microseconds))
        if intervals.count > 1, !options.allowsIntervals {
            throw CommandFailure(
                code: "intervals",
                message: "Not compared, as the runs have different intervals:\n"
                    + repetitions.map { "  \($0.label) every \($0.interval)" }.joined(separator: "\n")
                    + "\nA maximum or a quantile over longer intervals is lower. Compare them all the same with --allow-intervals.")
        }
    }

    /// What is not alike, and is compared all the same.
    func notes(_ a: [Repetition], _ b: [Repetition]) -> [String] {
        var notes = (a + b).filter { !$0.problems.isEmpty }.map { "\($0.label) \($0.problems.joined(separator: "; "))." }
        let intervals = Set((a + b).map(\.interval.microseconds)).sorted()
        if intervals.count > 1 {
            notes.append(
                "The runs have different intervals (\(intervals.map { "\(Interval(microseconds: $0))" }.joined(separator: ", "))): quantiles and maxima over longer ones are lower."
            )
        }
        if nodes[0] != nodes[1] {
            notes.append("A was recorded on \(RunClaims.naming(nodes[0].sorted())), and B on \(RunClaims.naming(nodes[1].sorted())).")
        }
        for what in facts[0].keys.sorted() {
            guard let (left, right) = facts[0][what].flatMap({ left in facts[1][what].map { (left, $0) } }), left != right else { continue }
            notes.append(
                "The \(what) differs: \(left.sorted().joined(separator: ", ")) in A, \(right.sorted().joined(separator: ", ")) in B.")
        }
        return notes + environmentNotes + remarks
    }

    /// In what the hosts of the groups differ besides. Facts that only one group knows are of another version of the agent, or another machine.
    private var environmentNotes: [String] {
        let shown = 8
        let differing = environments[0].keys.sorted().compactMap { fact -> String? in
            guard let a = environments[0][fact], let b = environments[1][fact], a != b else { return nil }
            return "\(fact) is \(Self.naming(a)) in A and \(Self.naming(b)) in B"
        }
        guard !differing.isEmpty else { return [] }
        let rest = differing.count > shown ? "; and \(differing.count - shown) more (run.json, `environment`)" : ""
        return ["The hosts' environments differ: \(differing.prefix(shown).joined(separator: "; "))\(rest)."]
    }

    private static func naming(_ values: Set<String>) -> String {
        let shown = values.sorted().prefix(3).map { $0.count > 80 ? "\($0.prefix(80))…" : $0 }
        return shown.joined(separator: ", ") + (values.count > 3 ? " and \(values.count - 3) others" : "")
    }
}
