import StatsCore

/// A plan in words, for `sonde matrix --check`.
struct MatrixPlanText: Presentable {
    let plan: MatrixPlan
    let runs: Int

    init(_ plan: MatrixPlan) {
        self.plan = plan
        runs = MatrixOrder.cells(plan).count * plan.repetitions
    }

    var text: String {
        var lines = [
            "\(plan.name): \(HumanUnits.count(runs, "run")), \(HumanUnits.count(plan.repetitions, "repetition")) of \(HumanUnits.count(runs / plan.repetitions, "combination")), --seed \(plan.seed)"
        ]
        lines += plan.factors.map { "  \($0.name): \($0.levels.joined(separator: ", ")) (\(MatrixPlan.levelVariable)\($0.name))" }
        if !plan.exclude.isEmpty { lines.append("  without \(HumanUnits.count(plan.exclude.count, "rule")) of exclude") }
        lines.append(
            "Where    \(plan.collector.map { "the collector at \($0), from \(HumanUnits.count(plan.expect ?? 1, "node"))" } ?? "this machine"), every \(plan.interval)"
        )
        for (step, words) in [(MatrixPlan.Step.setUp, "Set-up  "), (.load, "Load    "), (.tearDown, "Teardown")] {
            guard let command = plan.command(step) else { continue }
            let all = command.split(separator: "\n")
            lines.append("\(words) \(all.first ?? "")\(all.count > 1 ? " …" : "")")
        }
        let measured = plan.duration.map { plan.load == nil ? $0 : "\($0) at most" } ?? "until the load ends"
        let phases = [plan.warmUp.map { "warm-up \($0)" }, "measured \(measured)", plan.coolDown.map { "cool-down \($0)" }]
        lines.append("Run      \(phases.compactMap(\.self).joined(separator: ", "))\(atLeast)")
        lines.append("Failure  \(plan.onFailure == .stop ? "the plan stops" : "the run is marked, and the next one begins")")
        return lines.map { VisibleText.escape($0) }.joined(separator: "\n")
    }

    /// How long all of it takes, without set-up and tear-down.
    private var atLeast: String {
        let course = plan.course
        guard let duration = course.duration else { return "" }
        let each = [course.warmUp, duration, course.coolDown].reduce(0) { $0 + ($1?.microseconds ?? 0) }
        return
            "; all of them \(HumanUnits.duration(microseconds: each.saturatingMultiplied(by: Int64(runs)))) or so, without set-up and tear-down"
    }

    func encode(to encoder: any Encoder) throws { try plan.encode(to: encoder) }
}
