/// A column of a table under the name by which Prometheus knows its values.
///
/// Type, unit and HELP follow from the column: a counter whose name ends in `_total` is one, other counters are `untyped` (as node_exporter has the
/// kernel's own names), microseconds are given in seconds.
struct Metric: Sendable {
    /// What is made of the column's value.
    enum Value: Sendable {
        case itself
        case times(Double)
        /// This, wherever the column has a value.
        case constant(Double)
        /// The tick's instant that many microseconds earlier, as whole seconds since 1970.
        case instantBefore
    }

    let column: String
    let name: String
    /// Labels besides those of the row, as they are written: `mode="user"`.
    let labels: String
    let value: Value
    /// In place of what the catalogue says of the column.
    let help: String

    init(_ column: String, _ name: String, _ labels: String = "", _ value: Value = .itself, help: String = "") {
        self.column = column
        self.name = name
        self.labels = labels
        self.value = value
        self.help = help
    }
}

/// The metrics of one table, and what its rows are told apart by.
struct MetricTable: Sendable {
    /// A column whose value is a label.
    struct Label: Sendable {
        let column: String
        let name: String
        /// Whether it is given without a value too; one that isn't means the same to Prometheus, and is shorter.
        let isAlways: Bool

        init(_ column: String, _ name: String, isAlways: Bool = false) {
            self.column = column
            self.name = name
            self.isAlways = isAlways
        }
    }

    /// Metrics of one name, which stand behind each other.
    struct Family: Sendable {
        let type: MetricType
        let help: String
        let metrics: Range<Int>
    }

    let id: TableID
    let labels: [Label]
    let metrics: [Metric]
    let families: [Family]
    /// Whether the metric with this number is in seconds, and its column in microseconds.
    let isTime: [Bool]

    init(_ id: TableID, labels: [Label], metrics: [Metric]) {
        self.id = id
        self.labels = labels
        self.metrics = metrics
        let columns = Dictionary(uniqueKeysWithValues: Catalogue.table(id).columns.map { ($0.name, $0) })
        isTime = metrics.map { metric in
            if case .itself = metric.value { return columns[metric.column]?.unit == "microseconds" }
            return false
        }
        var families: [Family] = []
        var first = 0
        while first < metrics.count {
            let metric = metrics[first]
            let end = metrics[first...].firstIndex { $0.name != metric.name } ?? metrics.count
            families.append(
                Family(
                    type: MetricType(of: metric, isCounter: columns[metric.column]?.kind == .counter),
                    help: metric.help.isEmpty ? columns[metric.column]?.meaning ?? "" : metric.help, metrics: first..<end))
            first = end
        }
        self.families = families
    }
}

/// As `# TYPE` says it.
package enum MetricType: String, Sendable {
    case counter, gauge, untyped

    fileprivate init(of metric: Metric, isCounter: Bool) {
        if case .itself = metric.value, isCounter, !metric.name.hasSuffix("_total") {
            self = .untyped
        } else {
            self = metric.name.hasSuffix("_total") ? .counter : .gauge
        }
    }
}
