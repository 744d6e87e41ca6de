import StatsCore

/// How many series of scraped targets a run has, for who shows none of them to say so.
struct ScrapedSeries: Sendable, Equatable {
    let series: Int
    let targets: Int
    /// Whether there are more, which weren't counted: memory is in proportion to them.
    let isCut: Bool

    private static let most = 100_000

    /// - Returns: `nil` for a run without any.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    init?(_ run: borrowing RunOnDisk) throws {
        let table = TableID.metric.name
        if let file = run.claims.files[RunFiles.table(.metric)], file.rows == 0 { return nil }
        let columns = ["node", "target", "name", "labels"]
        guard var rows = try run.cursor(of: table, columns) else { return nil }
        let slots = columns.compactMap { rows.columns[$0] }
        guard slots.count == columns.count else { return nil }
        var (series, targets, key) = (KeyTable(), KeyTable(), [UInt8]())
        while series.count < Self.most, try rows.advance() {
            key.removeAll(keepingCapacity: true)
            for (place, slot) in slots.enumerated() {
                rows.row.append(slot, to: &key)
                key.append(0)
                if place == 1 { _ = targets.number(of: key) }
            }
            _ = series.number(of: key)
        }
        guard series.count > 0 else { return nil }
        (self.series, self.targets, isCut) = (series.count, targets.count, series.count >= Self.most)
    }

    /// - Parameter directory: as a word of a shell.
    func sentence(_ directory: String) -> String {
        "\(isCut ? "At least " : "")\(series) series of metrics of \(HumanUnits.count(targets, "target")) are in it: sonde summary \(directory) --by metric"
    }
}
