/// A column of a table, under a Prometheus name.
///
/// Type, unit and HELP follow from the column: a counter whose name ends in `_total` is a `counter`, other counters are `untyped` (as node_exporter
/// does for the kernel's own names), and microseconds become seconds.
struct Metric: Sendable {
    /// How the column's value becomes the sample's.
    enum Value: Sendable {
        case itself
        case times(Double)
        /// This number, wherever the column has a value.
        case constant(Double)
        /// The tick's instant minus the value in microseconds, as whole seconds since 1970.
        case instantBefore
    }

    let column: String
    let name: String
    /// Labels besides those of the row, in the text format: `mode="user"`.
    let labels: String
    let value: Value
    /// The help text that replaces the catalogue's `meaning`.
    let help: String

    init(_ column: String, _ name: String, _ labels: String = "", _ value: Value = .itself, help: String = "") {
        self.column = column
        self.name = name
        self.labels = labels
        self.value = value
        self.help = help
    }
}

/// The metrics of one table, and the labels that identify its rows.
struct MetricTable: Sendable {
    /// A column that becomes a label.
    struct Label: Sendable {
        let column: String
        let name: String
        /// Whether the label is written without a value too. Prometheus doesn't distinguish an empty label from an absent one, which is shorter.
        let isAlways: Bool

        init(_ column: String, _ name: String, isAlways: Bool = false) {
            self.column = column
            self.name = name
            self.isAlways = isAlways
        }
    }

    /// The metrics of one name, which the text format groups together.
    struct Family: Sendable {
        let type: MetricType
        let help: String
        let metrics: Range<Int>
    }

    let id: TableID
    let labels: [Label]
    let metrics: [Metric]
    let families: [Family]
    /// For each metric: whether its column is in microseconds and its sample in seconds.
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

/// The type, as `# TYPE` names it.
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
