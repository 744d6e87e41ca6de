import StatsCore

/// What an archive says of its runs besides their own files, as CSV.
enum PackedFacts {
    static let environmentFile = "environment.csv"

    /// Every column of every run, once, with its type, which runs of the first versions don't say.
    static func dictionary(_ runs: [PackedRun]) -> [UInt8] {
        var entries: [ColumnDictionary.Entry] = []
        var known: Set<[String]> = []
        let order = TableID.allCases.map(\.name)
        for run in runs {
            let tables = run.run.dictionary.tables
            for table in order.filter({ tables[$0] != nil }) + tables.keys.filter({ !order.contains($0) }).sorted() {
                for entry in tables[table] ?? [] where known.insert([table, entry.name]).inserted { entries.append(entry) }
            }
        }
        return ColumnDictionary.csv(entries)
    }

    /// A row for each fact of each host's environment.
    static func environment(_ runs: [PackedRun]) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: ["run", "node", "fact", "value"])
        for run in runs {
            for (node, environment) in run.manifest.environments.sorted(by: { $0.key < $1.key }) {
                for (title, value) in environment.listed { out.append(csvRow: [run.name, node, title, value]) }
            }
        }
        return out.withUnsafeBytes { Array($0) }
    }
}
