/// What to do with the runs of a matrix when all are recorded.
enum MatrixNext {
    private static let most = 8

    /// The commands that compare each level of each factor with the factor's first.
    /// - Parameters:
    ///   - output: the matrix's directory.
    ///   - file: the plan's, as it was given.
    ///   - options: by which the matrix goes on as it was begun: its seed, and how its collector is reached.
    static func commands(
        _ plan: MatrixPlan, _ state: MatrixState, output: String, file: String, options: [String], isElsewhere: Bool, isCopied: Bool
    ) -> [String] {
        let counts = state.counts
        let good = (counts[.complete] ?? 0) + (counts[.incomplete] ?? 0)
        guard good > 0 else { return [] }
        var commands: [String] = []
        if isElsewhere, !isCopied { commands.append(line(["sonde", "matrix", file, "--output", output, "--download"] + options)) }
        for factor in plan.factors {
            for level in factor.levels.dropFirst() {
                var words = [
                    "sonde", "compare", output, "--where", "\(factor.name)=\(factor.levels[0])", "--to-where", "\(factor.name)=\(level)",
                ]
                words += ["--window", "\(RunCourse.Phase.measure.rawValue)..\(RunCourse.Phase.coolDown.rawValue)"]
                // Runs of one repetition belong together, if none of them is missing.
                if good == state.runs.count, plan.exclude.isEmpty { words.append("--pair") }
                if counts[.incomplete] ?? 0 > 0 { words.append("--allow-incomplete") }
                commands.append(line(words))
            }
        }
        guard commands.count > most else { return commands }
        return commands.prefix(most) + ["and so on, for \(commands.count - most) more levels"]
    }

    private static func line(_ words: [String]) -> String { words.map(ShellWord.quoted).joined(separator: " ") }
}
