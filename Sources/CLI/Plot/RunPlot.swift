import StatsCore

/// The figure that `sonde plot` draws.
struct RunPlot {
    struct Wish {
        var query: SeriesQuery
        var from: String?
        var to: String?
        var top = 12
        var width = 960
        var height: Int?
    }

    let svg: String
    let remarks: [String]

    /// - Throws: `CommandFailure`.
    init(_ directory: String, _ wish: Wish) throws {
        self = try RunOnDisk.naming(directory) { try RunPlot(drawing: directory, wish) }
    }

    private init(drawing directory: String, _ wish: Wish) throws {
        let run = try RunOnDisk(directory)
        if let node = wish.query.node, !run.claims.nodes.contains(node) {
            throw CommandFailure(
                code: "no_node", message: "The run has no node \(node). It has: \(RunClaims.naming(run.claims.nodes)).")
        }
        let span = try Self.span(wish, run)
        let panels = wish.query.values.count
        var paper = TableCharts.Paper(
            axis: TimeAxis(span: span, origin: run.claims.grid.t0),
            bands: try Self.bands(run, span, columns: wish.width, node: wish.query.node), marks: [])
        (paper.width, paper.top) = (wish.width, wish.top)
        paper.panelHeight = wish.height.map { max(60, $0 / panels - 40) } ?? (panels == 1 ? 300 : 180)
        let columns = wish.query.values.map(\.column)
        let request = TableCharts.Request(
            id: "plot", title: "\(wish.query.table): \(columns.joined(separator: ", ")) · run \(run.manifest.name)",
            summary: Self.summary(run), values: Array(columns.indices))
        let charts = try TableCharts(wish.query, [request], run, on: paper)
        guard var figure = charts.figures.first, !figure.names.isEmpty else {
            throw CommandFailure(
                code: "nothing",
                message: "Of \(HumanUnits.count(charts.rows, "row")) of \(wish.query.table).csv none matches with a value to draw.")
        }
        figure.marks = try RunMarks(run, draws: { Self.concerns($0, wish.query, charts.containers) }).marks
        svg = figure.svg()
        remarks = run.remarks + charts.remarks
    }

    /// Whether an event happened to what is drawn: to the run, to its node, or to a container of which a row counts.
    private static func concerns(_ event: RunMarks.Event, _ query: SeriesQuery, _ containers: Set<String>?) -> Bool {
        if ["mark", "command began", "command ended"].contains(event.kind) { return true }
        if let node = query.node, event.node != node { return false }
        guard let containers, !query.conditions.isEmpty, !event.containerID.isEmpty || !event.container.isEmpty else { return true }
        if containers.contains(event.containerID) { return true }
        // One that lived for less than a tick has no row.
        return query.conditions.allSatisfy { column, text in
            column == "container" && event.container == text || column == "container_id" && event.containerID == text
        }
    }

    static func summary(_ run: borrowing RunOnDisk) -> String {
        let manifest = run.manifest
        return "Every \(Interval(microseconds: manifest.intervalUs)) on \(HumanUnits.count(run.claims.nodes.count, "node")); "
            + (manifest.verdict ?? "\(manifest.state.rawValue), not closed")
    }

    private static func span(_ wish: Wish, _ run: borrowing RunOnDisk) throws -> ClosedRange<Int64> {
        let t0 = run.claims.grid.t0
        let whole = try RunMarks.span(run)
        func instant(_ text: String?, _ option: String) throws(CommandFailure) -> Int64? {
            guard let text else { return nil }
            if let instant = RunInstant.read(text, since: t0) { return instant }
            throw CommandFailure(
                code: "bad_time",
                message: "\(option) \(text) is neither a time since the run's begin (90s, 5m) nor an instant (\(Timestamp.string(t0))).")
        }
        let from = max(try instant(wish.from, "--from") ?? whole.lowerBound, whole.lowerBound)
        let to = min(try instant(wish.to, "--to") ?? whole.upperBound, whole.upperBound)
        guard from <= to else {
            throw CommandFailure(
                code: "bad_time",
                message:
                    "Nothing lies between --from and --to: the run goes from \(Timestamp.string(run.span.lowerBound)) to \(Timestamp.string(run.span.upperBound))."
            )
        }
        return from...to
    }

    /// Shades each gap from the tick before it to the tick after it.
    static func bands(_ run: borrowing RunOnDisk, _ span: ClosedRange<Int64>, columns: Int, node: String? = nil) throws -> ChartBands {
        var bands = ChartBands(span: span, columns: columns)
        let (grid, last) = (run.claims.grid, run.lastTick)
        do {
            try run.eachGap { of, ticks, _ in
                guard node == nil || node == of, ticks.lowerBound <= last else { return }
                let from = ticks.lowerBound > 0 ? ticks.lowerBound - 1 : 0
                let to = ticks.upperBound < last ? ticks.upperBound + 1 : last
                bands.add(from: grid.instant(of: from), to: grid.instant(of: to))
            }
        } catch let error as DiskError where error.isAbsent {}
        return bands
    }
}
