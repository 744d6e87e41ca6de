import StatsCore

/// What columns.csv says: which columns each table of a run has, and what they mean.
struct RunDictionary {
    /// By table, in the order of the file's columns.
    private(set) var tables: [String: [ColumnDictionary.Entry]] = [:]

    /// Whether the file says the columns' types.
    private(set) var saysTypes = true

    init() {}

    /// - Throws: `CommandFailure` when nothing says what the columns are.
    init(_ source: borrowing RunSource) throws {
        do {
            var reader = CSVReader(try source.csv(RunFiles.columns).input(claim: RunClaims.sizeLimit))
            guard try reader.advance(), case let header = reader.fields, ColumnDictionary.headers.contains(header) else {
                throw CommandFailure(
                    code: "bad_dictionary", message: "\(source.child(RunFiles.columns)) doesn't say what the columns are.")
            }
            // A row that can't be read is for `sonde verify` to name: what it should have said is not known here.
            while let fields = try reader.next() { if fields.count == header.count { add(fields) } }
            saysTypes = header == ColumnDictionary.header
        } catch let error as DiskError {
            throw CommandFailure(code: "unreadable", message: "\(error). Without it nobody knows what the columns mean.")
        }
    }

    /// Takes a row of the file.
    /// - Returns: false when it names no column of a table.
    @discardableResult
    mutating func add(_ fields: [String]) -> Bool {
        guard let entry = ColumnDictionary.Entry(fields) else { return false }
        tables[entry.table, default: []].append(entry)
        return true
    }

    /// The names of a table's columns in their order; `nil` for a table that is not described.
    func names(of table: String) -> [String]? { tables[table]?.map(\.name) }

    /// - Throws: `CommandFailure` naming the tables that there are.
    func columns(of table: String) throws(CommandFailure) -> [ColumnDictionary.Entry] {
        let gaps = RunFiles.table(of: RunFiles.gaps)
        if let columns = tables[table], table != gaps { return columns }
        let known = tables.keys.filter { $0 != gaps }.sorted().joined(separator: ", ")
        throw CommandFailure(code: "no_table", message: "The run has no table \(table). It has: \(known).")
    }
}
