/// `columns.csv`: what every column of every table means, a row for each.
package enum ColumnDictionary {
    /// The file's first row.
    package static let header = ["table", "column", "unit", "kind", "source", "meaning", "type"]
    /// The first rows that a run's file may have: in the beginning columns had no types.
    package static let headers = [header, Array(header.dropLast())]

    /// A row of the file.
    package struct Entry: Sendable, Equatable {
        package let table: String
        /// The column's.
        package let name: String
        package let unit: String
        /// `nil` when the file says none that is known.
        package let kind: Kind?
        package let source: String
        package let meaning: String
        /// Of the column's values. Where the file doesn't say it, what the catalogue says of such a column, else text, which takes everything.
        package let type: ColumnType

        package init(
            table: String, name: String, unit: String, kind: Kind?, source: String, meaning: String, type: ColumnType
        ) {
            (self.table, self.name, self.unit, self.kind) = (table, name, unit, kind)
            (self.source, self.meaning, self.type) = (source, meaning, type)
        }

        init(_ column: Column, of table: String) {
            self.table = table
            (name, unit, kind) = (column.name, column.unit, column.kind)
            (source, meaning, type) = (column.source, column.meaning, column.valueType)
        }

        /// - Returns: `nil` when the fields name no column of a table.
        package init?(_ fields: [String]) {
            guard fields.count >= 2, !fields[0].isEmpty, !fields[1].isEmpty else { return nil }
            let field = { (index: Int) in index < fields.count ? fields[index] : "" }
            (table, name, unit) = (fields[0], fields[1], field(2))
            (kind, source, meaning) = (Kind(rawValue: field(3)), field(4), field(5))
            type = ColumnType(rawValue: field(6)) ?? ColumnDictionary.knownTypes[[table, name]] ?? .string
        }

        fileprivate var fields: [String] { [table, name, unit, kind?.rawValue ?? "", source, meaning, type.rawValue] }
    }

    /// All columns that this version writes.
    package static var entries: [Entry] {
        Catalogue.tables.flatMap { table in RunFiles.columns(of: table.id).map { Entry($0, of: table.id.name) } }
            + GapRow.columns.map { Entry($0, of: RunFiles.table(of: RunFiles.gaps)) }
    }

    /// By table and column: what this version knows of those that it writes.
    private static let knownTypes = Dictionary(entries.map { ([$0.table, $0.name], $0.type) }) { first, _ in first }

    package static func csv(_ entries: [Entry] = Self.entries) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: header)
        for entry in entries { out.append(csvRow: entry.fields) }
        return out.withUnsafeBytes { Array($0) }
    }
}
