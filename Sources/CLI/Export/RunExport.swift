import StatsCore

/// Writes the tables of a run into files for other programs.
struct RunExport {
    enum Format: String, CaseIterable { case parquet, csv }
    enum Layout: String, CaseIterable { case tables, kubemon }

    let directory: String
    let output: String
    var layout = Layout.tables
    let format: Format
    let hasRates: Bool

    /// - Throws: `CommandFailure`. Nothing is left in the output directory then.
    func run() throws -> ExportReport {
        let run = try RunOnDisk(directory)
        try refuseEmpty(run)
        do {
            var target = try ExportDirectory(output)
            do {
                return try write(run, to: &target)
            } catch {
                target.discard()
                throw error
            }
        } catch let error as DiskError where error.path.hasPrefix(output) {
            throw unwritable(error)
        } catch let failure as SyncFailure {
            throw unwritable(failure.cause)
        } catch {
            // A file of the run.
            return try RunOnDisk.naming(directory) { throw error }
        }
    }

    private func unwritable(_ error: DiskError) -> CommandFailure {
        CommandFailure(code: "unwritable", message: "\(error). Nothing was exported.")
    }

    private func refuseEmpty(_ run: borrowing RunOnDisk) throws(CommandFailure) {
        guard run.dictionary.tables.isEmpty else { return }
        throw CommandFailure(
            code: "bad_dictionary", message: "\(directory)/\(RunFiles.columns) describes no table, so there is nothing to export.")
    }

    private func write(_ run: borrowing RunOnDisk, to target: inout ExportDirectory) throws -> ExportReport {
        let files: [ExportReport.File]
        switch layout {
        case .tables: files = try writeTables(run, to: &target)
        case .kubemon:
            var export = KubemonExport(run, at: directory)
            files = try export.write(run, to: &target)
        }
        try target.finish()
        return ExportReport(run: run.manifest.name, state: run.manifest.state, directory: output, files: files, remarks: run.exportRemarks)
    }

    private func writeTables(_ run: borrowing RunOnDisk, to target: inout ExportDirectory) throws -> [ExportReport.File] {
        let constants = ExportConstant.all(of: run.manifest)
        var files: [ExportReport.File] = []
        var entries: [ColumnDictionary.Entry] = []
        let known = TableID.allCases.map(\.name)
        let others = run.dictionary.tables.keys.filter { !known.contains($0) }.sorted()
        for name in known + others {
            guard let cells = run.dictionary.tables[name] else { continue }
            let table = ExportedTable(name, cells, constants: constants, hasRates: hasRates)
            // Only a run in progress may lack files.
            if !run.claims.isClosed, !run.holds(table.file) { continue }
            files.append(try write(table, constants, run, to: &target))
            entries += table.columns.map(\.entry)
        }
        let dictionary = ColumnDictionary.csv(entries)
        try target.file(RunFiles.columns) { part in
            try part.write(dictionary.span.bytes, at: 0)
            try part.sync()
        }
        files.append(ExportReport.File(name: RunFiles.columns, rows: UInt64(entries.count), bytes: UInt64(dictionary.count), read: 0))
        return files
    }

    private func write(
        _ table: ExportedTable, _ constants: [ExportConstant], _ run: borrowing RunOnDisk, to target: inout ExportDirectory
    ) throws -> ExportReport.File {
        var feed = try TableFeed(table, of: run, at: directory)
        let name = "\(table.name).\(format.rawValue)"
        let attributes = attributes(of: run)
        let bytes: UInt64 =
            switch format {
            case .parquet:
                try target.file(name) { part in
                    var writer = try ParquetTable(table, constants: constants, attributes: attributes, to: part)
                    return try writer.write(&feed)
                }
            case .csv:
                try target.file(name) { part in
                    var writer = CSVTable(table, constants: constants, to: part)
                    return try writer.write(&feed)
                }
            }
        return ExportReport.File(name: name, rows: feed.rows, bytes: bytes, read: feed.bytes)
    }

    /// What each file says of the run that it is from.
    private func attributes(of run: borrowing RunOnDisk) -> [(name: String, value: String)] {
        let manifest = run.manifest
        return [
            ("sonde.run", manifest.name), ("sonde.run_id", manifest.id), ("sonde.state", manifest.state.rawValue),
            ("sonde.verdict", manifest.verdict ?? ""), ("sonde.t0", manifest.t0), ("sonde.interval_us", "\(manifest.intervalUs)"),
            ("sonde.collector_version", manifest.collectorVersion),
        ] + RunLabels.sorted(manifest.labels).map { ("sonde.label.\($0.key)", $0.value) }
    }
}

extension RunOnDisk {
    /// What a reader of the exported rows should know.
    var exportRemarks: [String] {
        var remarks: [String] = []
        switch manifest.state {
        case .incomplete:
            remarks.append(
                "The run is incomplete, and table gaps names the ticks that are missing. Its verdict: \(manifest.verdict ?? "none").")
        case .complete: break
        default: remarks.append("The run is \(manifest.state.rawValue), not closed: what is durable up to now was exported.")
        }
        if !dictionary.saysTypes {
            remarks.append(
                "\(RunFiles.columns) says no types, as an earlier version wrote the run (\(manifest.collectorVersion)): they are those of version \(Version.current), "
                    + "and a column that it doesn't know is text.")
        }
        return remarks + manifest.remarks
    }
}
