/// `columns.csv`: what every column of every table means, a row for each.
package enum ColumnDictionary {
    /// The file's first row.
    package static let header = ["table", "column", "unit", "kind", "source", "meaning"]

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

        init(_ column: Column, of table: String) {
            self.table = table
            (name, unit, kind) = (column.name, column.unit, column.kind)
            (source, meaning) = (column.source, column.meaning)
        }

        /// - Returns: `nil` when the fields name no column of a table.
        package init?(_ fields: [String]) {
            guard fields.count >= 2, !fields[0].isEmpty, !fields[1].isEmpty else { return nil }
            let field = { (index: Int) in index < fields.count ? fields[index] : "" }
            (table, name, unit) = (fields[0], fields[1], field(2))
            (kind, source, meaning) = (Kind(rawValue: field(3)), field(4), field(5))
        }

        fileprivate var fields: [String] { [table, name, unit, kind?.rawValue ?? "", source, meaning] }
    }

    /// All columns that this version writes.
    package static var entries: [Entry] {
        Catalogue.tables.flatMap { table in RunFiles.columns(of: table.id).map { Entry($0, of: table.id.name) } }
            + GapRow.columns.map { Entry($0, of: RunFiles.table(of: RunFiles.gaps)) }
    }

    package static func csv(_ entries: [Entry] = Self.entries) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: header)
        for entry in entries { out.append(csvRow: entry.fields) }
        return out.withUnsafeBytes { Array($0) }
    }
}
