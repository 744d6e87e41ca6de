import StatsCore

/// What is read of one table of a run to sum it up: measures, and the columns that tell things apart.
struct UsePlan: Sendable {
    /// A measure's columns, by their slots.
    struct Slots: Sendable {
        var gauge: Int?
        var minus: Int?
        var counters: [Int] = []
    }

    let table: String
    let kinds: [SubjectKind]
    let measures: [Measure]
    let slots: [Slots]
    let columns: TableColumns
    let tick: Int
    /// What tells an instance from others.
    let identity: [Int]
    /// The column that says when an instance began, since its host's boot.
    let start: String
    /// The name of a disk or interface.
    let device: Int?
    /// Whose traffic a container's is.
    let network: Int?
    /// Of a series.
    let type: Int?
    /// Says in an instance's last row that it has ended.
    private let state: Int?
    /// The column of the most memory that an instance ever had, and the measure that it is of.
    let peak: (column: Int, measure: Int)?
    /// What tells things apart whose instances may pass from one to another, as a process does that comes to run another program; by the place of the kind.
    let keys: [[Int]?]

    private static let identities = [
        "host": [], "disk": ["device"], "network": ["interface"], "container": ["container_id"], "unit": ["cgroup"],
        "process": ["pid", "start_us"], "metric": ["target", "name", "labels"],
    ]
    static let services = ["swarm_service", "compose_project", "compose_service", "kubernetes_namespace", "kubernetes_container"]
    private static let facts = [
        "container": ["container", "image", "network", "state"] + services, "unit": ["unit", "unit_kind"],
        "process": ["comm", "container", "container_id", "unit", "uid", "user", "state"],
        "metric": ["type"],
    ]
    private static let peaks = ["container": "memory_peak_bytes", "unit": "memory_peak_bytes", "process": "peak_rss_bytes"]

    /// - Returns: `nil` when the run has no such table, or it lacks what tells its instances apart.
    init?(_ table: String, _ kinds: [SubjectKind], _ measures: [Measure], _ dictionary: RunDictionary) {
        guard let all = dictionary.names(of: table), let own = Self.identities[table] else { return nil }
        let identity = ["tick", "node"] + own
        guard identity.allSatisfy(all.contains) else { return nil }
        // A run of an earlier version may lack a column. The counters behind a share only tell its total.
        let known = measures.filter { measure in
            if case .share(let column, _) = measure.source { all.contains(column) } else { measure.columns.allSatisfy(all.contains) }
        }
        guard !known.isEmpty else { return nil }
        start = table == "process" ? "start_us" : "started_us"
        let facts = (Self.facts[table] ?? []) + [Self.peaks[table]].compactMap(\.self)
        let columns = TableColumns(identity + known.flatMap(\.columns) + facts + TableColumns.ofMarks + [start], of: all)
        (self.table, self.kinds, self.measures, self.columns) = (table, kinds, known, columns)
        tick = columns["tick"] ?? 0
        self.identity = (["node"] + own).compactMap { columns[$0] }
        device = table == "disk" ? columns["device"] : table == "network" ? columns["interface"] : nil
        network = table == "container" ? columns["network"] : nil
        type = table == "metric" ? columns["type"] : nil
        state = columns["state"]
        let memory = known.firstIndex { $0.name == Measure.memory }
        peak = Self.peaks[table].flatMap { columns[$0] }.flatMap { column in memory.map { (column, $0) } }
        keys = kinds.map { kind in
            switch kind {
            case .process: ["node", "comm"].compactMap { columns[$0] }
            case .program: ["node", "comm", "container_id", "unit", "uid"].compactMap { columns[$0] }
            case .metric: ["node", "target", "name", "labels"].compactMap { columns[$0] }
            default: nil
            }
        }
        slots = known.map { measure in
            switch measure.source {
            case .gauge(let column, let minus): Slots(gauge: columns[column], minus: minus.flatMap { columns[$0] })
            case .counters(let counters): Slots(counters: counters.compactMap { columns[$0] })
            case .share(let column, let counters):
                Slots(gauge: columns[column], counters: counters.allSatisfy(all.contains) ? counters.compactMap { columns[$0] } : [])
            }
        }
    }

    /// Whether this is the row of a process or container that has ended.
    func isOver(_ row: borrowing TableRow) -> Bool { state.map { row.holds(table == "process" ? "X" : "exited", $0) } ?? false }

    /// What the end of a series' name says of it.
    enum Ending: Sendable {
        /// It tells an instant.
        case created
        /// Of a histogram or a summary it counts.
        case growing
        case other

        fileprivate init(_ name: String) {
            self = name.hasSuffix("_created") ? .created : Self.ofGrowing.contains { name.hasSuffix($0) } ? .growing : .other
        }

        private static let ofGrowing = ["_count", "_sum", "_bucket"]
    }

    /// What an instance's name says, once for all its rows.
    func ending(_ row: borrowing TableRow) -> Ending { type == nil ? .other : Ending(row.text("name") ?? "") }

    /// Whether a measure is one of that row's: of a series either its growth or its level says something.
    func takes(_ measure: Int, of row: borrowing TableRow, _ ending: Ending) -> Bool {
        guard let type else { return true }
        let isCounter =
            row.holds("counter", type)
            ? ending != .created : ending == .growing && (row.holds("histogram", type) || row.holds("summary", type))
        return slots[measure].gauge == nil ? isCounter : !isCounter
    }
}
