/// The names of the files in a run's directory.
package enum RunFiles {
    package static let gaps = "gaps.csv"
    package static let columns = "columns.csv"
    package static let manifest = "run.json"
    package static let commitLog = ".commit"

    package static func table(_ id: TableID) -> String { id.name + ".csv" }

    /// The files that can be downloaded, in the manifest's order.
    package static let published = TableID.allCases.map(table) + [gaps, columns, manifest]
    package static let all = published + [commitLog, commitLog + ".new", manifest + ".new"]
    /// Is in the directory of a run that nobody may remove before it is unpinned.
    package static let pin = ".pinned"

    /// Whether a CSV file stays as it is in a compressed run and in an archive: what says how the others are read, and what is missing, is small, and read first by whoever has no tool of ours.
    package static func staysPlain(_ file: String) -> Bool { file == columns || file == gaps }

    /// The name of a CSV file that is compressed: it is there instead of the file itself (`sonde compress`).
    package static func compressed(_ file: String) -> String { file + ".gz" }

    /// What a compressed file holds; `nil` for any other name.
    package static func uncompressed(_ name: String) -> String? {
        name.hasSuffix(".csv.gz") ? String(name.dropLast(".gz".utf8.count)) : nil
    }

    /// Whether it is a file that can be downloaded, compressed or not.
    package static func isPublished(_ name: String) -> Bool { published.contains(uncompressed(name) ?? name) }

    /// The name of the table that stands in a CSV file.
    package static func table(of file: String) -> String { String(file.dropLast(".csv".utf8.count)) }

    /// The columns of a table's file, in their order.
    package static func columns(of table: TableID) -> [Column] { leading + Catalogue.table(table).columns }

    /// The first row of a CSV file.
    package static func header(_ columns: [Column]) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: columns.map(\.name))
        return out.withUnsafeBytes { Array($0) }
    }

    /// The columns at the start of every row of a table.
    package static let leading: [Column] = [
        Column(
            name: "time", unit: "UTC, RFC 3339", kind: .identity, type: .text, valueType: .timestamp, source: "grid",
            meaning: "Instant of the tick on the collector's clock: t0 + tick × interval"),
        Column(
            name: "tick", unit: "count", kind: .identity, type: .integer, source: "grid",
            meaning: "Number of the tick, from 0; rows of one tick join on it"),
        Column(
            name: "node", unit: "", kind: .identity, type: .text, source: "--node",
            meaning: "Host that the row is from; empty for the collector's own events"),
    ]
}
