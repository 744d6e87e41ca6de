import StatsCore

/// Whether a part of a run can be compared with others: whether all that should be in it is there.
enum RunFitness {
    /// What is missing from a part of a run, as clauses for an error; none when all is there.
    ///
    /// Gaps outside of the part do no harm, and neither does a source that nothing is summed up of. Of a source whose rows are missing only the number of ticks is known, so that this counts for every part.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    static func problems(of run: borrowing RunOnDisk, in window: RunWindow, summing kinds: [SubjectKind]) throws -> [String] {
        let manifest = run.manifest
        var problems: [String] = []
        if !run.claims.isClosed { problems.append("is not closed (\(manifest.state.rawValue))") }
        var missing: [String: UInt64] = [:]
        var notRecorded: [String: UInt64] = [:]
        do {
            try run.eachGap { node, gap, isMissing in
                let common = gap.clamped(to: window.ticks)
                guard gap.overlaps(window.ticks) else { return }
                let ticks = common.upperBound - common.lowerBound + 1
                if isMissing {
                    missing[node] = (missing[node] ?? 0).saturatingAdding(ticks)
                } else {
                    notRecorded[node] = (notRecorded[node] ?? 0).saturatingAdding(ticks)
                }
            }
        } catch let error as DiskError where error.isAbsent {
            problems.append("has no \(RunFiles.gaps)")
        }
        for (node, ticks) in missing.sorted(by: { $0.key < $1.key }).prefix(5) {
            problems.append("misses \(HumanUnits.count(ticks, "tick")) of node \(node)")
        }
        for (node, ticks) in notRecorded.sorted(by: { $0.key < $1.key }).prefix(5) {
            problems.append("was merged, and at \(HumanUnits.count(ticks, "tick")) no part of it recorded node \(node)")
        }
        for node in manifest.nodes {
            for (source, ticks) in (node.incompleteRows ?? [:]).sorted(by: { $0.key < $1.key })
            where ticks > 0 && kinds.contains(where: { $0.sources.contains(source) }) {
                problems.append("misses \(source) rows in \(HumanUnits.count(ticks, "tick")) of node \(node.node)")
            }
        }
        for (name, file) in manifest.files.sorted(by: { $0.key < $1.key }) {
            if let fault = file.fault { problems.append("is damaged: \(name) \(fault)") }
        }
        problems += run.cutFiles.map { "is damaged: \($0)" }
        return problems
    }
}

extension SubjectKind {
    /// The agent's sources whose rows are summed up.
    fileprivate var sources: [String] {
        switch self {
        case .host: ["host"]
        case .container, .name, .service, .image: ["container"]
        case .unit: ["unit"]
        case .metric: ["metric"]
        // Those of containers are read by the source of containers.
        case .process, .program: ["process", "container"]
        }
    }
}
