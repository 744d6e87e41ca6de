import StatsCore
import SystemPackage

/// Makes one run of several: of several collectors, or of several times. Rows are read and written one by one, so that memory doesn't grow with the files.
struct RunMerge {
    let directories: [String]
    let output: String
    var labels: [String: String] = [:]
    /// Whether a run whose ticks lie between those of another one is numbered as the tick before.
    var isAligned = false
    var allowOpen = false
    var allowDamaged = false

    /// - Throws: `CommandFailure`. Nothing is left at the output then.
    func run() throws -> MergeReport {
        do {
            let target = try NewDirectory(output)
            do {
                let report = try merge(into: target)
                try target.finish()
                return report
            } catch {
                target.discard()
                throw error
            }
        } catch let error as DiskError where error.path.contains("/.\(name).part") {
            throw CommandFailure(code: "unwritable", message: "\(error). Nothing was merged, and nothing is left of it.")
        } catch let failure as SyncFailure {
            throw CommandFailure(code: "unwritable", message: "\(failure.cause). Nothing was merged.")
        } catch {
            return try RunOnDisk.naming(directories.joined(separator: ", ")) { throw error }
        }
    }

    private var name: String { FilePath(output).lastComponent?.string ?? output }

    private func merge(into target: borrowing NewDirectory) throws -> MergeReport {
        let inputs = try directories.map { try MergeInput($0, allowOpen: allowOpen, allowDamaged: allowDamaged) }
        let plan = try MergePlan(inputs, isAligned: isAligned)
        try plan.dropRepeatedMarks()
        let moved = try MovedNodes(plan)
        var files: [String: RunManifest.File] = [:]
        for table in plan.dictionary.order {
            let columns = (plan.dictionary.tables[table] ?? []).map(\.name)
            let file = MergedFile(try target.directory.newFile(table + ".csv"), columns: columns)
            try Self.write(table, columns, of: plan, to: file)
            files[table + ".csv"] = try file.finish()
        }
        let gaps = MergedFile(try target.directory.newFile(RunFiles.gaps), columns: GapRow.columns.map(\.name))
        try MergedGaps(plan, moved).write(to: gaps)
        files[RunFiles.gaps] = try gaps.finish()
        files[RunFiles.columns] = try Self.writeDictionary(plan, into: target)
        let manifest = try MergedManifest(plan, moved, name: name, labels: labels).manifest(files)
        try target.directory.replace(RunFiles.manifest, with: manifest.encoded())
        try check(target.hiddenPath)
        return MergeReport(directory: output, manifest: manifest, leftOut: inputs.reduce(0) { $0 + $1.leftOut })
    }

    /// Writes the rows of all runs in the order of their ticks: of the files' next rows always the one of the lowest tick, and of the same tick that of the run that began first.
    private static func write(_ table: String, _ columns: [String], of plan: MergePlan, to file: MergedFile) throws {
        let feeds = try plan.inputs.compactMap { try MergedRows(table, of: $0, into: columns) }
        while let feed = feeds.min(by: { $0.tick ?? .max < $1.tick ?? .max }), feed.tick != nil {
            feed.append(to: &file.out)
            try file.endRow()
            try feed.advance()
        }
    }

    private static func writeDictionary(_ plan: MergePlan, into target: borrowing NewDirectory) throws -> RunManifest.File {
        let bytes = plan.dictionary.csv
        let file = try target.directory.newFile(RunFiles.columns)
        try file.write(bytes.span.bytes, at: 0)
        try file.sync()
        let rows = plan.dictionary.tables.values.reduce(GapRow.columns.count) { $0 + $1.count }
        return RunManifest.File(rows: UInt64(rows), bytes: UInt64(bytes.count), sha256: SHA256Sum(of: bytes).hexadecimal)
    }

    /// What isn't proved gets no name.
    private func check(_ path: String) throws {
        let report = try RunVerification.report(on: path)
        guard report.result == .damaged, !allowDamaged, let fault = report.faults.first else { return }
        throw CommandFailure(
            code: "unordered",
            message:
                "What was merged isn't a run that can be proved (\(fault.description)). Merge the runs that those were merged of all at once."
        )
    }
}
