import StatsCore

/// The runs of a group: those that are named, and those of a matrix or an archive that is named, as far as they have the labels that are asked for.
struct ChosenRuns {
    let directories: [String]
    /// What a reader should know of it, as sentences.
    let notes: Set<String>

    /// - Parameter labels: all of them a run has to have.
    /// - Throws: `CommandFailure`: a run can't be read, or none has these labels.
    init(_ given: [String], where labels: [String: String]) throws {
        var (all, told): ([String], Set<String>) = ([], [])
        for path in given { all += try RunOnDisk.naming(path) { try Self.runs(of: path, &told) ?? Self.runs(inArchive: path) } ?? [path] }
        notes = told
        guard !labels.isEmpty else {
            directories = all
            return
        }
        var known: Set<String> = []
        directories = try all.filter { directory in
            let own = try RunOnDisk(directory).manifest.labels ?? [:]
            for (key, value) in own { known.insert("\(key)=\(value)") }
            return labels.allSatisfy { own[$0.key] == $0.value }
        }
        guard directories.isEmpty else { return }
        throw CommandFailure(
            code: "no_run",
            message: "None of the runs has \(RunLabels.text(labels) ?? ""). "
                + (known.isEmpty ? "They have no labels." : "Their labels: \(RunClaims.naming(known.sorted()))."))
    }

    /// Those of a matrix that were recorded to their end, by repetition and then by level: so runs of two levels that are alike otherwise have the same places.
    /// - Returns: `nil` for a directory that is no matrix's.
    private static func runs(of path: String, _ notes: inout Set<String>) throws -> [String]? {
        guard let (plan, state) = try MatrixDirectory.read(path) else { return nil }
        func places(_ run: MatrixRun) -> [Int] {
            [run.repetition] + zip(plan.factors, run.levels).map { $0.levels.firstIndex(of: $1) ?? 0 }
        }
        let good = state.runs.filter { run in
            guard let attempt = state.newest(run.number), !attempt.isInterrupted else { return false }
            return attempt.state == .complete || attempt.state == .incomplete
        }
        if good.count < state.runs.count {
            notes.insert(
                "Of the \(HumanUnits.count(state.runs.count, "run")) of \(path), \(state.runs.count - good.count) failed or are still to be done, and don't count."
            )
        }
        let home = try Descriptor.directory(path)
        return try good.sorted { places($0).lexicographicallyPrecedes(places($1)) }.compactMap { run in
            guard let name = state.newest(run.number)?.directory else { return nil }
            guard home.holds(name) else {
                throw CommandFailure(
                    code: "no_run",
                    message: "\(path) has no \(name): "
                        + (plan.collector.map { "its collector at \($0) has it. `sonde matrix PLAN --download` copies it." }
                            ?? "somebody has moved or removed it."))
            }
            return "\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\(name)"
        }
    }

    /// Those of an archive; of a matrix in the order that they have in its directory, as their labels tell it.
    /// - Returns: `nil` for what is no archive, or a run in one.
    private static func runs(inArchive path: String) throws -> [String]? {
        guard let paths = try RunSource.runs(inArchive: path) else { return nil }
        let runs = try paths.map { path in
            let labels = try RunOnDisk(path).manifest.labels ?? [:]
            return (
                path: path, repetition: labels[MatrixPlan.repetitionLabel].flatMap { Int($0) },
                levels: labels.sorted { $0.key < $1.key }.map(\.value)
            )
        }
        guard runs.allSatisfy({ $0.repetition != nil }) else { return paths }
        return runs.sorted { left, right in
            left.repetition != right.repetition
                ? left.repetition ?? 0 < right.repetition ?? 0 : left.levels.lexicographicallyPrecedes(right.levels)
        }.map(\.path)
    }
}
