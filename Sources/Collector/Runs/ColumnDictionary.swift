import StatsCore

/// `columns.csv`: what every column of every table means.
struct ColumnDictionary {
    let csv: [UInt8]
    let rows: UInt64

    init() {
        var out = ByteWriter()
        var rows: UInt64 = 0
        out.append(Array((RunFiles.dictionaryHeader.joined(separator: ",") + "\n").utf8))
        func add(_ table: String, _ columns: [Column]) {
            for column in columns {
                let fields = [table, column.name, column.unit, column.kind.rawValue, column.source, column.meaning]
                for (index, field) in fields.enumerated() {
                    if index > 0 { out.append(UInt8(ascii: ",")) }
                    if !field.isEmpty { CSVEncoder.append(field.utf8.span.bytes, to: &out) }
                }
                out.append(UInt8(ascii: "\n"))
                rows += 1
            }
        }
        for table in Catalogue.tables { add(table.id.name, RunFiles.leading + table.columns) }
        add("gaps", [RunFiles.leading[0], RunFiles.leading[2]] + RunFiles.gapColumns)
        csv = out.withUnsafeBytes { Array($0) }
        self.rows = rows
    }
}
