/// One run of a plan: its place in the order, its repetition, and its levels.
struct MatrixRun: Codable, Equatable, Sendable {
    /// From 1, in the order in which runs are recorded.
    let number: Int
    /// From 1.
    let repetition: Int
    /// In the order of the plan's factors.
    let levels: [String]
}

/// In which order the runs of a plan are recorded: repetition after repetition, and within each all combinations in an order of its own, drawn by the seed. So what changes with
/// time on the machine meets all combinations alike (randomised complete blocks).
enum MatrixOrder {
    /// The same plan and seed give the same order, with every version of Sonde.
    static func runs(_ plan: MatrixPlan) -> [MatrixRun] {
        let cells = cells(plan)
        var random = SplitMix64(seed: plan.seed)
        var runs: [MatrixRun] = []
        for repetition in 1...max(1, plan.repetitions) {
            var block = cells
            // Fisher and Yates.
            for place in block.indices.dropFirst().reversed() { block.swapAt(place, random.index(below: place + 1)) }
            for levels in block { runs.append(MatrixRun(number: runs.count + 1, repetition: repetition, levels: levels)) }
        }
        return runs
    }

    /// All combinations that the plan doesn't leave out, the last factor changing first.
    static func cells(_ plan: MatrixPlan) -> [[String]] {
        var cells: [[String]] = [[]]
        for factor in plan.factors { cells = cells.flatMap { cell in factor.levels.map { cell + [$0] } } }
        return cells.filter { cell in
            let levels = Dictionary(zip(plan.factors.map(\.name), cell)) { first, _ in first }
            return !plan.exclude.contains { rule in rule.allSatisfy { levels[$0.key] == $0.value } }
        }
    }
}
