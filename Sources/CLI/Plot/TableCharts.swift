import StatsCore

/// Figures of one table, made in two passes over its file: the first finds the lines that are worth drawing, the second draws only
/// those, so that the others take no memory.
struct TableCharts {
    /// A figure to draw: a panel for each value.
    struct Request {
        let id: String
        let title: String
        let summary: String
        /// Indices into the query's values.
        let values: [Int]
        /// The titles of the panels; by default the columns' names.
        var panels: [String] = []
    }

    /// Settings that are the same for all figures of a run.
    struct Paper {
        let axis: TimeAxis
        let bands: ChartBands
        let marks: [Figure.Mark]
        var width = 960
        var panelHeight = 200
        /// The most lines of a figure.
        var top = 12
    }

    let plan: SeriesPlan
    let ranking: SeriesRanking
    let names: [[String]]
    let rows: UInt64
    /// The ids of the containers of which a row counted; `nil` when all rows do, or the table has none.
    let containers: Set<String>?
    let figures: [Figure]
    let remarks: [String]

    /// - Throws: `CommandFailure` for a column that doesn't exist, `DiskError`, `CSVReader.RowTooLong`.
    init(_ query: SeriesQuery, _ requests: [Request], _ run: borrowing RunOnDisk, on paper: Paper) throws {
        plan = try SeriesPlan(query, run)
        let grid = run.claims.grid
        let survey = try Survey(plan, run, paper)
        let (ranking, names) = (survey.ranking, survey.names)
        let ranked = requests.map { ranking.best(paper.top + SeriesNames.namedLeftOut, by: $0.values) }
        let chosen = ranked.map { $0.prefix(paper.top) }
        var wanted = plan.values.map { _ in Set<Int>() }
        var keys: [[UInt8]: Int] = [:]
        for (request, groups) in zip(requests, chosen) {
            for value in request.values { wanted[value].formUnion(groups) }
            for group in groups { keys[survey.keys[group]] = group }
        }
        var lines = SeriesLines(grid: grid, span: paper.axis.span, columns: paper.width, chosen: wanted)
        var second = SeriesScan(plan, grid: grid, lastTick: run.lastTick, only: keys)
        if wanted.contains(where: { !$0.isEmpty }) { try second.read(run.cursor(of: query.table, plan.columns), into: &lines) }
        let labels = SeriesNames(names, plan, areManyNodes: run.claims.nodes.count > 1)
        figures = zip(requests, ranked).map { [plan] request, ranked in
            let groups = Array(ranked.prefix(paper.top))
            var figure = Figure(
                title: request.title, summary: request.summary, axis: paper.axis, names: labels.unique(groups),
                panels: request.values.enumerated().map { index, value in
                    Figure.Panel(
                        title: index < request.panels.count ? request.panels[index] : plan.values[value].title,
                        unit: plan.values[value].scale.unit, lines: groups.map { lines.line(of: value, group: $0) })
                })
            (figure.id, figure.bands, figure.marks) = (request.id, paper.bands, paper.marks)
            (figure.width, figure.panelHeight) = (paper.width, paper.panelHeight)
            let others = ranking.count(having: request.values) - groups.count + Int(clamping: survey.givenUp)
            figure.notes = labels.leftOut(ranked.dropFirst(groups.count), of: others)
            return figure
        }
        var remarks: [String] = []
        if survey.badRows > 0 {
            remarks.append(
                "\(query.table).csv: \(HumanUnits.count(survey.badRows, "row")) can't be read and left out; `sonde verify` names them.")
        }
        if survey.givenUp > 0 {
            remarks.append(
                "\(query.table).csv: of so many lines not all could be followed to their ends. \(survey.givenUp) times one with low values was given up, and is left out."
            )
        }
        self.remarks = remarks
        (self.ranking, self.names, rows) = (ranking, names, survey.rows)
        containers = plan.container == nil ? nil : survey.containers
    }

    /// What the first pass finds. Its scan, which knows every instance, is gone before the second one takes as much.
    private struct Survey {
        let ranking: SeriesRanking
        let names: [[String]]
        /// By line.
        let keys: [[UInt8]]
        let containers: Set<String>
        let givenUp: UInt64
        let rows: UInt64
        let badRows: UInt64

        init(_ plan: SeriesPlan, _ run: borrowing RunOnDisk, _ paper: Paper) throws {
            let grid = run.claims.grid
            var ranking = SeriesRanking(valueCount: plan.values.count, ticks: Self.ticks(of: paper.axis.span, grid))
            var scan = SeriesScan(plan, grid: grid, lastTick: run.lastTick)
            try scan.read(run.cursor(of: plan.table, plan.columns), into: &ranking)
            self.ranking = ranking
            (names, containers, rows, badRows) = (scan.names, scan.containers, scan.rows, scan.badRows)
            (keys, givenUp) = (scan.names.indices.map { scan.key(of: $0) }, scan.givenUp)
        }

        /// The ticks whose instants lie in a span.
        private static func ticks(of span: ClosedRange<Int64>, _ grid: Grid) -> ClosedRange<UInt64> {
            let first = grid.next(at: span.lowerBound)
            return first...max(first, grid.latest(at: span.upperBound) ?? first)
        }
    }
}
