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
            try Self.write(table, columns, of: plan, moved, to: file)
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

    /// Writes the rows of all runs in the order of their ticks: of the files' next rows always the one of the lowest tick, and of the same tick that of the run that began first, unless other
    /// rows of its node have to come before (`MovedOrder`).
    private static func write(_ table: String, _ columns: [String], of plan: MergePlan, _ moved: MovedNodes, to file: MergedFile) throws {
        // Events have times of their own.
        let turns = table == TableID.event.name ? [] : moved.turns
        let nodes = turns.isEmpty ? nil : NodeIndex(turns.map(\.node))
        var order = MovedOrder(turns.map(\.turns))
        if nodes != nil {
            for input in plan.inputs {
                try MergedRows(table, of: input, into: columns, nodes: nodes, isLooking: true)?.count(in: &order)
            }
            order.begin()
        }
        let feeds = try plan.inputs.map { try MergedRows(table, of: $0, into: columns, nodes: nodes) }
        while let feed = next(feeds, order), let tick = feed.tick {
            let node = feed.node
            if let node, order.holder(of: node, tick) != nil {
                var row = ByteWriter()
                feed.append(to: &row)
                order.hold(row.withUnsafeBytes { Array($0) }, node, tick)
            } else {
                feed.append(to: &file.out)
                try file.endRow()
                for row in node.map({ order.wrote($0, tick) }) ?? [] { try file.append(row) }
            }
            try feed.advance()
        }
        for row in order.rest() { try file.append(row) }
    }

    /// The file whose next row is to be written; where parts wait for each other, one whose next row has to be kept meanwhile.
    private static func next(_ feeds: [MergedRows?], _ order: borrowing MovedOrder) -> MergedRows? {
        var lowest: MergedRows?
        for case let feed? in feeds where feed.tick ?? .max < lowest?.tick ?? .max { lowest = feed }
        var seen: Set<Int> = []
        while let feed = lowest, let tick = feed.tick, let node = feed.node, let holder = order.holder(of: node, tick),
            feeds[holder]?.tick != nil, seen.insert(holder).inserted
        {
            lowest = feeds[holder]
        }
        return lowest
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
