import StatsCore

/// The columns of a merged run: all that its parts have, each once. Runs of other versions have more columns or fewer, but never one of another meaning.
struct MergedDictionary {
    /// By table, without gaps.csv.
    private(set) var tables: [String: [ColumnDictionary.Entry]] = [:]

    /// - Throws: `CommandFailure` that names a column that isn't the same in all runs.
    init(_ inputs: [MergeInput]) throws(CommandFailure) {
        let gaps = RunFiles.table(of: RunFiles.gaps)
        for table in Set(inputs.flatMap { $0.run.dictionary.tables.keys }).subtracting([gaps]) {
            let having = inputs.filter { $0.run.dictionary.tables[table] != nil }
            // The one with most columns gives the order, and a later one the words.
            let longest = having.map { $0.run.dictionary.tables[table]?.count ?? 0 }.max() ?? 0
            let others = having.filter { $0.run.dictionary.tables[table]?.count != longest }
            let base = having.filter { $0.run.dictionary.tables[table]?.count == longest }
            var columns: [ColumnDictionary.Entry] = []
            var known: [String: (place: Int, input: MergeInput)] = [:]
            for input in Array(base.reversed()) + others {
                for entry in input.run.dictionary.tables[table] ?? [] {
                    guard let (place, from) = known[entry.name] else {
                        known[entry.name] = (columns.count, input)
                        columns.append(entry)
                        continue
                    }
                    columns[place] = try Self.reconcile(columns[place], of: from, entry, of: input)
                    // The next one is held against what says a type.
                    if !from.run.dictionary.saysTypes { known[entry.name]?.input = input }
                }
            }
            tables[table] = columns
        }
    }

    /// The tables in the order of their files.
    var order: [String] {
        let known = TableID.allCases.map(\.name).filter { tables[$0] != nil }
        return known + tables.keys.filter { !known.contains($0) }.sorted()
    }

    /// The bytes of columns.csv.
    var csv: [UInt8] {
        let gaps = ColumnDictionary.entries.filter { $0.table == RunFiles.table(of: RunFiles.gaps) }
        return ColumnDictionary.csv(order.flatMap { tables[$0] ?? [] } + gaps)
    }

    private static func reconcile(
        _ one: ColumnDictionary.Entry, of first: MergeInput, _ other: ColumnDictionary.Entry, of second: MergeInput
    ) throws(CommandFailure) -> ColumnDictionary.Entry {
        func refuse(_ what: String, _ is1: String, _ is2: String) -> CommandFailure {
            CommandFailure(
                code: "other_columns",
                message:
                    "Column \(one.name) of table \(one.table) has \(what) \(is1) in \(first.path) and \(is2) in \(second.path): they can't stand in one column. Leave one of the runs out."
            )
        }
        if one.unit != other.unit { throw refuse("the unit", "`\(one.unit)`", "`\(other.unit)`") }
        if let kind = one.kind, let second = other.kind, kind != second { throw refuse("the kind", kind.rawValue, second.rawValue) }
        guard one.type != other.type else { return one }
        // A dictionary without types doesn't contradict one that has them.
        if !first.run.dictionary.saysTypes { return other }
        if !second.run.dictionary.saysTypes { return one }
        throw refuse("the type", one.type.rawValue, other.type.rawValue)
    }
}
