import Synchronization

/// What the series of one metric have in common, in the form in which requests need it.
final class MetricShape: Sendable {
    /// Its number among all shapes of this process, from 0.
    let number: Int
    let name: String
    let type: MetricType
    let help: String
    /// The label `__name__`, encoded (`LabelBlock`).
    let nameLabel: [UInt8]
    /// Labels besides those of the row, sorted: `mode="user"`.
    let extras: [Extra]
    /// How many bytes they take.
    let extraBytes: Int
    let value: Metric.Value
    /// By what the column's value is divided.
    let divisor: Double

    struct Extra: Sendable {
        let name: String
        let value: String
        let label: [UInt8]
        /// Its name's number among those of the table's (`TableShape.extraNames`).
        let slot: Int
    }

    private static let count = Mutex(0)

    init(
        _ name: String, _ type: MetricType, help: String, extras: [Extra] = [], value: Metric.Value = .itself, divisor: Double = 1
    ) {
        number = Self.count.withLock { count in
            defer { count += 1 }
            return count
        }
        (self.name, self.type, self.help, self.value, self.divisor) = (name, type, help, value, divisor)
        self.extras = extras.sorted { $0.name < $1.name }
        extraBytes = extras.reduce(0) { $0 + $1.label.count }
        nameLabel = LabelBlock.encoded("__name__", name)
    }

    /// A number of the tick's row becomes the sample's value.
    /// - Parameter time: the tick's instant in microseconds.
    @inline(__always) func sample(of number: Double, time: Int64) -> Double {
        switch value {
        case .itself: divisor == 1 ? number : number / divisor
        case .times(let factor): number * factor
        case .constant(let constant): constant
        case .instantBefore: ((Double(time) - number) / 1e6).rounded()
        }
    }

    /// The pairs of a text like `failure_type="pgfault",scope="hierarchy"`, which has no escapes.
    static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: ",").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return (String(parts[0]), String(parts[1].dropFirst().dropLast()))
        }
    }
}

extension MetricType {
    /// As remote write's messages number it, in both versions.
    var number: UInt8 {
        switch self {
        case .counter: 1
        case .gauge: 2
        case .untyped: 0
        }
    }
}

/// A table whose rows become series.
struct TableShape: Sendable {
    let table: MetricTable
    /// Its name's bytes.
    let name: [UInt8]
    let metrics: [MetricShape]
    /// The names of labels that only some metrics have: `mode`.
    let extraNames: [String]
    /// The columns that say since when counters count, in microseconds since the host's boot; none for counters of the host.
    let started: String?

    init(_ table: MetricTable) {
        self.table = table
        name = Array(table.id.name.utf8)
        var types: [(MetricType, String)] = []
        for family in table.families { types += family.metrics.map { _ in (family.type, family.help) } }
        let pairs = table.metrics.map { MetricShape.pairs($0.labels) }
        let extraNames = Set(pairs.flatMap { $0.map(\.name) }).sorted()
        self.extraNames = extraNames
        metrics = table.metrics.indices.map { index in
            let metric = table.metrics[index]
            let extras = pairs[index].map { name, value in
                MetricShape.Extra(
                    name: name, value: value, label: LabelBlock.encoded(name, value), slot: extraNames.firstIndex(of: name) ?? 0)
            }
            return MetricShape(
                metric.name, types[index].0, help: types[index].1, extras: extras, value: metric.value,
                divisor: table.isTime[index] ? 1e6 : 1)
        }
        precondition(metrics.count <= RowScan.mostValues, "\(table.id) has more metrics than a row's values")
        started = [.container: "started_us", .unit: "started_us", .process: "start_us"][table.id]
    }

    /// In the order in which their rows are sent. Hosts come first: their uptime says when the host was booted.
    static let all = Exposition.tables(withProcesses: true).map { TableShape($0) }
}
