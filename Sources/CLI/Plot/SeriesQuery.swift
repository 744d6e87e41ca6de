import StatsCore

/// The rows and columns of a table that become lines.
struct SeriesQuery {
    /// A value that is drawn of each row.
    struct Value {
        let column: String
        /// A column whose value is subtracted.
        var minus: String?
        /// Draws a gauge's growth per second; a counter is always drawn so.
        var isRate = false
    }

    var table: String
    var values: [Value]
    /// Columns whose values name a line. If it is empty, each instance has a line.
    var by: [String] = []
    var node: String?
    /// Columns and the texts that they must have for a row to count.
    var conditions: [(column: String, text: String)] = []
}

/// A query whose columns have been looked up in a run.
struct SeriesPlan {
    struct Value {
        let title: String
        let scale: ColumnScale
        let isRate: Bool
        /// Whether it only grows; a lower value then means that it was reset.
        let isCounter: Bool
        let slot: Int
        let minus: Int?
    }

    let table: String
    /// Those that are read. Columns are named by their slots in here.
    let columns: TableColumns
    private(set) var values: [Value] = []
    private(set) var node: Int?
    let tick: Int
    /// The slot of the container's id, in a table that has one, where only some rows count: whose events concern a figure is then told by the ids.
    let container: Int?
    let nodeName: String?
    private(set) var conditions: [(slot: Int, text: String)] = []
    /// The slots that identify an instance. Each instance's counters have their own rates.
    private(set) var identity: [Int] = []
    /// The slots that identify a line.
    private(set) var group: [Int] = []
    /// The slots that make a line's name.
    private(set) var label: [Int] = []

    /// - Throws: `CommandFailure` that names the existing columns.
    init(_ query: SeriesQuery, _ run: borrowing RunOnDisk) throws(CommandFailure) {
        let known = try run.dictionary.columns(of: query.table)
        table = query.table
        nodeName = query.node
        let instance = InstanceColumns.of(query.table)
        let own = { (names: [String]) in names.filter { name in known.contains { $0.name == name } } }
        let by = query.by.filter { $0 != "node" }
        let (identity, label) = (own(instance.identity), by.isEmpty && query.by.isEmpty ? own(instance.label) : by)
        var names = ["tick", "node"] + identity + label + query.conditions.map(\.column)
        for value in query.values { names += [value.column] + (value.minus.map { [$0] } ?? []) }
        for name in names { try Self.check(name, known, query.table) }
        let slots = TableColumns(names + TableColumns.ofMarks, of: known.map(\.name))
        columns = slots
        tick = slots["tick"] ?? 0
        node = slots["node"]
        container = !query.conditions.isEmpty && identity.contains("container_id") ? slots["container_id"] : nil
        self.identity = identity.compactMap { slots[$0] }
        self.label = label.compactMap { slots[$0] }
        group = query.by.isEmpty ? self.identity : self.label
        conditions = query.conditions.map { (slots[$0.column] ?? 0, $0.text) }
        for value in query.values {
            guard let column = known.first(where: { $0.name == value.column }), let slot = slots[value.column] else { continue }
            guard column.kind != .identity else {
                let drawable = known.filter { $0.kind != .identity }.map(\.name).joined(separator: ", ")
                throw CommandFailure(
                    code: "bad_column",
                    message: "\(query.table).\(column.name) says which thing a row is about, and is nothing to draw. "
                        + (drawable.isEmpty
                            ? "So are all columns of this table: a chart of another table has its events as marks."
                            : "Draw one of: \(drawable).")
                )
            }
            let isRate = column.kind == .counter || value.isRate
            values.append(
                Value(
                    title: column.name + (value.minus.map { " − \($0)" } ?? "") + (isRate ? " per second" : "")
                        + (column.meaning.isEmpty ? "" : " · \(column.meaning)"),
                    scale: ColumnScale(unit: column.unit, isRate: isRate), isRate: isRate,
                    isCounter: column.kind == .counter && value.minus == nil, slot: slot, minus: value.minus.flatMap { slots[$0] }))
        }
    }

    private static func check(_ name: String, _ known: [ColumnDictionary.Entry], _ table: String) throws(CommandFailure) {
        if known.contains(where: { $0.name == name }) { return }
        let names = known.map(\.name)
        let hint = SimilarWord.nearest(to: name, among: names).map { "did you mean `\($0)`? \(RunFiles.columns) lists all \(names.count)" }
        throw CommandFailure(
            code: "no_column",
            message: "Table \(table) has no column \(name)\(hint.map { ": \($0)" } ?? ". It has: \(names.joined(separator: ", "))").")
    }
}
