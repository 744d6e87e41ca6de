import StatsCore

/// How far a matrix is, and what can be done with its runs.
struct MatrixReport: Presentable {
    struct Run: Encodable {
        let run: Int
        let repetition: Int
        let levels: [String: String]
        /// As in runs.csv.
        let state: String
        let directory: String?
        let reason: String?
        let ticksCounted: UInt64?

        private enum CodingKeys: String, CodingKey {
            case run, repetition, levels, state, directory, reason
            case ticksCounted = "ticks_counted"
        }
    }

    let name: String
    let directory: String
    let runs: [Run]
    /// Commands that compare the levels of each factor.
    let next: [String]
    private let interval: String

    private enum CodingKeys: String, CodingKey { case name, directory, runs, next }

    init(_ plan: MatrixPlan, _ state: MatrixState, directory: String, next: [String]) {
        (name, self.directory, self.next, interval) = (plan.name, directory, next, plan.interval)
        runs = state.runs.map { run in
            let newest = state.newest(run.number)
            let levels = Dictionary(zip(plan.factors.map(\.name), run.levels)) { first, _ in first }
            return Run(
                run: run.number, repetition: run.repetition, levels: levels, state: MatrixTable.status(newest),
                directory: newest?.directory,
                reason: newest.flatMap { $0.reasons.isEmpty ? nil : $0.reasons.joined(separator: "; ") },
                ticksCounted: newest.flatMap { $0.isInterrupted ? nil : $0.countedTicks })
        }
    }

    private func count(_ states: String...) -> Int { runs.count { states.contains($0.state) } }

    /// 0: every run is complete; 2: all are there, and some miss something; 1: a command failed, be it the tear-down of a run that is complete, or runs are missing.
    var status: Int32 {
        if runs.contains(where: { $0.reason != nil }) { return 1 }
        return count("complete") == runs.count ? 0 : count("complete", "incomplete") == runs.count ? 2 : 1
    }

    var text: String {
        var lines = [
            "\(HumanUnits.count(runs.count, "run")) of \(name): "
                + Self.states.compactMap { state, words in
                    let number = count(state)
                    return number > 0 ? "\(number) \(words)" : nil
                }.joined(separator: ", ")
        ]
        let troubled = runs.filter { $0.state == "failed" || $0.reason != nil }
        for run in troubled.prefix(10) {
            // The state says that already.
            let reason = run.reason.flatMap { $0 == Ending.interrupted(0).clause ? nil : ": \($0)" } ?? ""
            lines.append("  \(run.directory ?? "run \(run.run)") \(run.state)\(reason)")
        }
        if troubled.count > 10 { lines.append("  and \(troubled.count - 10) more") }
        let short = runs.filter { $0.ticksCounted == 0 && $0.state != "failed" }
        if !short.isEmpty {
            let names = short.prefix(5).compactMap(\.directory).joined(separator: ", ") + (short.count > 5 ? ", …" : "")
            lines.append(
                "Note     \(Self.tooShort("\(HumanUnits.count(short.count, "run")) (\(names)) \(short.count == 1 ? "has" : "have")", interval: interval))"
            )
        }
        lines.append("Runs     \(directory)/\(MatrixTable.name)")
        for (place, command) in next.enumerated() { lines.append("\(place == 0 ? "Next" : "    ")     \(command)") }
        return lines.map { VisibleText.escape($0) }.joined(separator: "\n")
    }

    /// What it means that a load took no longer than from one tick to the next, and what to do.
    static func tooShort(_ whatHas: String, interval: String) -> String {
        "\(whatHas) no tick between the marks measure and cool-down, which `sonde compare` refuses as a window. Give the plan a shorter interval than \(interval), or a longer load."
    }

    private static let states = [
        ("complete", "complete"), ("incomplete", "incomplete"), ("failed", "failed"), ("interrupted", "to be done again"),
        ("running", "running"),
        ("pending", "still to be done"),
    ]
}

/// The order of a plan's runs, before any of them is recorded.
struct MatrixOrderText: Presentable {
    let name: String
    let seed: UInt64
    let factors: [String]
    let order: [MatrixRun]

    init(_ plan: MatrixPlan) {
        (name, seed, factors, order) = (plan.name, plan.seed, plan.factors.map(\.name), MatrixOrder.runs(plan))
    }

    var text: String {
        var table = TextTable([">RUN", ">REPETITION"] + factors)
        for run in order { table.append(["\(run.number)", "\(run.repetition)"] + run.levels) }
        return VisibleText.escape("\(HumanUnits.count(order.count, "run")) of \(name), in the order of --seed \(seed)") + "\n"
            + table.text()
    }
}
