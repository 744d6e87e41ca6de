import StatsCore

/// By what a recording chooses what is recorded. A pattern that is misspelt leaves an empty table, which nobody would be told of.
struct RecordPatterns: Sendable {
    /// Of containers.
    var include: [String] = []
    /// Of processes.
    var match: [String] = []
    var units: [String] = []

    /// How much of a kind a run has, without the recorded command.
    struct Found: Sendable {
        var containers = 0
        var units = 0
        var processes = 0
        /// At the tick with most; `nil` where nobody knows.
        var processesLeftOut: UInt64?
    }

    /// Which patterns have chosen nothing, as sentences.
    func warnings(_ found: Found) -> [String] {
        var warnings: [String] = []
        func warn(_ kind: String, _ option: String, _ patterns: [String], of all: String = "") {
            let given = patterns.map { "\(option) \(ShellWord.quoted($0))" }.joined(separator: ", ")
            warnings.append("No \(kind)\(all) matches \(given): none is in the run. A pattern stands for a whole name; * is any text.")
        }
        if !include.isEmpty, found.containers == 0 { warn("container", "--include", include) }
        if !units.isEmpty, units != ["none"], found.units == 0 { warn("unit", "--units", units) }
        if !match.isEmpty, found.processes == 0 {
            warn("process", "--match", match, of: found.processesLeftOut.map { " of the \($0) that were there" } ?? "")
        }
        return warnings
    }
}

extension RecordPatterns.Found {
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    init(_ uses: [SubjectUse], _ run: borrowing RunOnDisk) throws {
        for use in uses {
            switch use.subject.kind {
            case .container: containers += 1
            case .unit where use.facts.unitKind != UnitPath.command: units += 1
            case .program where use.facts.unit != UnitPath.command: processes += 1
            default: break
            }
        }
        guard var rows = try run.cursor(of: TableID.agent.name, ["processes_left_out"]) else { return }
        while try rows.advance() {
            if let count = rows.row.count("processes_left_out") { processesLeftOut = max(processesLeftOut ?? 0, count) }
        }
    }
}
