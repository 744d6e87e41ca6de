import StatsCore

/// Reads columns.csv: which columns each table has, in their order.
struct DictionaryRows: RowCheck {
    /// By table.
    private(set) var columns: [String: [String]] = [:]

    mutating func row(_ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        guard let entry = ColumnDictionary.Entry(reader.fields) else {
            return faults.note(.dictionary, file: RunFiles.columns, line: reader.line, "the row names no column of a table")
        }
        columns[entry.table, default: []].append(entry.name)
    }

    /// The header that a file must have; `nil` when no table of that name is described.
    func header(of file: String) -> [String]? { columns[RunFiles.table(of: file)] }

    /// Each table has a file, and each file's rows begin with what all rows begin with.
    func check(_ claims: RunClaims, _ faults: inout RunFaults) {
        for (table, names) in columns.sorted(by: { $0.key < $1.key }) {
            let leading = table == RunFiles.table(of: RunFiles.gaps) ? GapRow.columns : RunFiles.leading
            if !names.starts(with: leading.map(\.name)) {
                faults.note(
                    .dictionary, file: RunFiles.columns, "table \(table) doesn't begin with \(leading.map(\.name).joined(separator: ", "))")
            }
            if claims.files[table + ".csv"] == nil {
                faults.note(.missingFile, file: table + ".csv", "\(RunFiles.columns) describes it, and nothing says that it was written")
            }
        }
        for file in claims.files.keys.sorted() where file != RunFiles.columns && columns[RunFiles.table(of: file)] == nil {
            faults.note(.dictionary, file: RunFiles.columns, "nothing says what the columns of \(file) are")
        }
    }
}
