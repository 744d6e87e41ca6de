import StatsCore

/// What each host, container, unit and process name used in a run, or in parts of it.
struct RunSummary: Sendable {
    /// What is summed up.
    struct Wish: Sendable {
        var kinds = SubjectKind.usual
        /// Columns besides the fixed measures, of whatever table has them.
        var columns: [String] = []
        var ends = RunWindow.Ends()
        /// A table with more instances isn't summed up, since memory is in proportion to them; `nil` for any number.
        var most: Int?
        /// Whether series of scraped targets are counted where they aren't summed up.
        var countsSeries = false
    }

    let directory: String
    let run: String
    let window: RunWindow
    let interval: Interval
    /// In the order of kinds, then of names.
    let uses: [SubjectUse]
    /// What a reader should know, as sentences.
    let remarks: [String]
    /// Those that aren't summed up here.
    private(set) var scraped: ScrapedSeries?

    /// Sums up a part of a run, the first that its ends name.
    /// - Throws: `CommandFailure`.
    init(_ directory: String, _ wish: Wish = Wish()) throws {
        self = try RunOnDisk.naming(directory) {
            let run = try RunOnDisk(directory)
            let windows = try RunWindow.all(wish.ends, of: run)
            let more =
                windows.count > 1 ? ["\(wish.ends.text) is there \(windows.count) times in \(directory): this is of the first time."] : []
            return try Self.all(run, directory, windows.prefix(1).map(\.self), wish, more: more)[0]
        }
    }

    private init(
        _ directory: String, _ run: borrowing RunOnDisk, _ window: RunWindow, _ uses: [SubjectUse], remarks: [String]
    ) {
        self.directory = directory
        self.run = run.manifest.name
        self.window = window
        interval = Interval(microseconds: run.manifest.intervalUs)
        self.uses = uses.sorted { $0.subject < $1.subject }
        self.remarks = remarks
    }

    /// Sums up several parts of a run in one pass over each of its files.
    /// - Returns: a summary for each of the windows.
    /// - Throws: `CommandFailure` for a column that no table has; `DiskError`, `CSVReader.RowTooLong`.
    static func all(
        _ run: borrowing RunOnDisk, _ directory: String, _ windows: [RunWindow], _ wish: Wish, more: [String] = []
    ) throws -> [RunSummary] {
        let measures = try measures(wish, run.dictionary)
        let uptimes = try NodeUptimes(run)
        var found = windows.map { _ in [Subject: SubjectUse]() }
        var remarks = run.remarks + more
        for table in ["host", "network", "disk", "container", "unit", "process", "metric"] {
            let kinds = wish.kinds.filter { $0.table == table || $0 == .host && (table == "network" || table == "disk") }
            guard !kinds.isEmpty, let plan = UsePlan(table, kinds, measures[table] ?? [], run.dictionary) else { continue }
            remarks += try scan(run, plan, windows, uptimes, most: wish.most ?? .max, into: &found)
        }
        let scraped = wish.countsSeries && !wish.kinds.contains(.metric) ? try ScrapedSeries(run) : nil
        return zip(windows, found).map { window, uses in
            var summary = RunSummary(directory, run, window, Array(uses.values), remarks: remarks)
            summary.scraped = scraped
            return summary
        }
    }

    /// - Returns: remarks.
    private static func scan(
        _ run: borrowing RunOnDisk, _ plan: UsePlan, _ windows: [RunWindow], _ uptimes: NodeUptimes, most: Int,
        into found: inout [[Subject: SubjectUse]]
    ) throws -> [String] {
        let grid = run.claims.grid
        var scans = windows.map {
            UseScan(plan, grid: grid, ticks: $0.ticks, uptimes: uptimes, areManyNodes: run.claims.nodes.count > 1)
        }
        var strange: UInt64 = 0
        var rows: TableCursor
        do {
            rows = try run.cursor(of: plan.table, plan.columns)
        } catch let error as DiskError where error.isAbsent {
            return []
        }
        while try rows.advance() {
            guard let number = rows.row.number(plan.tick), let tick = UInt64(exactly: number), tick <= run.lastTick else {
                strange += 1
                continue
            }
            for place in scans.indices where scans[place].ticks.contains(tick) { scans[place].take(rows.row, tick) }
            guard scans.allSatisfy({ $0.count <= most }) else {
                let limit = HumanUnits.count(most, "thing")
                return [
                    "\(plan.table).csv has rows of more than \(limit), which aren't summed up here: `sonde summary` does it, with as much memory as that takes."
                ]
            }
        }
        var tooLate: UInt64 = 0
        for place in scans.indices {
            for use in scans[place].finish() { found[place][use.subject, default: SubjectUse(subject: use.subject)].add(use) }
            tooLate += scans[place].tooLate
        }
        strange += rows.badRows
        var remarks: [String] = []
        if strange > 0 {
            remarks.append(
                "\(plan.table).csv: \(HumanUnits.count(strange, "row")) can't be read and left out; `sonde verify` names them.")
        }
        if tooLate > 0 {
            remarks.append(
                "\(plan.table).csv: \(HumanUnits.count(tooLate, "value")) of nodes that were far behind the others count in totals and means, and not in quantiles."
            )
        }
        return remarks
    }

    /// The fixed measures of each table, and the columns that were asked for.
    private static func measures(_ wish: Wish, _ dictionary: RunDictionary) throws(CommandFailure) -> [String: [Measure]] {
        var measures = Measure.usual
        let tables = Set(wish.kinds.map(\.table))
        for column in wish.columns {
            var isKnown = false
            for table in tables {
                guard let entry = dictionary.tables[table]?.first(where: { $0.name == column }) else { continue }
                guard let measure = Measure(column: entry) else {
                    throw CommandFailure(
                        code: "bad_column", message: "\(table).\(column) says which thing a row is about, and is nothing to sum up.")
                }
                isKnown = true
                measures[table, default: []].append(measure)
            }
            guard isKnown else {
                throw CommandFailure(
                    code: "no_column",
                    message:
                        "No table of \(tables.sorted().joined(separator: ", ")) has a column \(column). docs/TABLES.md and columns.csv list them."
                )
            }
        }
        return measures
    }
}
