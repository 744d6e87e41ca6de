import StatsCore

/// Holds columns.csv against the files that a run has.
struct DictionaryRows: RowCheck {
    private var dictionary = RunDictionary()

    mutating func row(_ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        if !dictionary.add(reader.fields) {
            faults.note(.dictionary, file: RunFiles.columns, line: reader.line, "the row names no column of a table")
        }
    }

    /// The header that a file must have; `nil` when no table of that name is described.
    func header(of file: String) -> [String]? { dictionary.names(of: RunFiles.table(of: file)) }

    /// Each table has a file, and each file's rows begin with what all rows begin with.
    func check(_ claims: RunClaims, _ faults: inout RunFaults) {
        for table in dictionary.tables.keys.sorted() {
            let leading = (table == RunFiles.table(of: RunFiles.gaps) ? GapRow.columns : RunFiles.leading).map(\.name)
            if dictionary.names(of: table)?.starts(with: leading) == false {
                faults.note(
                    .dictionary, file: RunFiles.columns, "table \(table) doesn't begin with \(leading.joined(separator: ", "))")
            }
            if claims.files[table + ".csv"] == nil {
                faults.note(.missingFile, file: table + ".csv", "\(RunFiles.columns) describes it, and nothing says that it was written")
            }
        }
        for file in claims.files.keys.sorted() where file != RunFiles.columns && header(of: file) == nil {
            faults.note(.dictionary, file: RunFiles.columns, "nothing says what the columns of \(file) are")
        }
    }
}
