import StatsCore

/// runs.csv: a line for each run of a plan in their order, with its levels, verdict and directory.
enum MatrixTable {
    static let name = "runs.csv"

    /// Before and behind the factors, whose names these can't be.
    private static let head = ["run", "repetition"]
    private static let tail = ["state", "verdict", "directory", "attempts", "given_up", "reason", "began", "ended", "ticks_counted"]
    static let columns = head + tail

    static func bytes(_ plan: MatrixPlan, _ state: MatrixState) -> [UInt8] {
        var out = ByteWriter(capacity: 4096)
        out.append(csvRow: head + plan.factors.map(\.name) + tail)
        for run in state.runs {
            for (place, field) in row(run, state).enumerated() {
                if place > 0 { out.append(CSVDialect.separator) }
                if isNumber(field) { out.append(Array(field.utf8)) } else if !field.isEmpty { out.append(csvField: field) }
            }
            out.append(CSVDialect.lineEnd)
        }
        return out.withUnsafeBytes { Array($0) }
    }

    /// Whether a level is a number, which `-1` is and a formula isn't.
    private static func isNumber(_ field: String) -> Bool {
        field.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || "+-.eE".utf8.contains($0) } && Double(field) != nil
    }

    private static func row(_ run: MatrixRun, _ state: MatrixState) -> [String] {
        let attempts = state.attempts[run.number] ?? []
        let newest = attempts.last
        // Directories of attempts that don't count any more.
        let givenUp = (newest?.isInterrupted ?? false ? attempts[...] : attempts.dropLast()).map(\.directory)
        let counts = newest.flatMap { $0.isInterrupted ? nil : $0 }
        return ["\(run.number)", "\(run.repetition)"] + run.levels + [
            status(newest), counts?.verdict ?? "", counts?.directory ?? "", "\(attempts.count)", givenUp.joined(separator: " "),
            (newest?.reasons ?? []).joined(separator: "; "), newest?.began ?? "", newest?.ended ?? "",
            counts?.countedTicks.map { "\($0)" } ?? "",
        ]
    }

    /// A verdict, or how far the run is.
    static func status(_ attempt: MatrixState.Attempt?) -> String {
        guard let attempt else { return "pending" }
        if attempt.isInterrupted { return "interrupted" }
        return attempt.state?.rawValue ?? "running"
    }
}
