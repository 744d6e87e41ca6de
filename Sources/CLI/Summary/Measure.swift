import StatsCore

/// Something that is summed up of the rows of a table.
struct Measure: Sendable, Equatable {
    enum Source: Sendable, Equatable {
        /// A level at each tick, or the difference of two.
        case gauge(String, minus: String? = nil)
        /// The growth per second of a counter, or of several together.
        case counters([String])
        /// A level whose total is told by counters.
        case share(String, of: [String])
    }

    /// What a value, or a total, is measured in.
    struct Unit: Sendable, Equatable {
        /// For scripts.
        let name: String
        let chart: ChartUnit
        /// What stands behind the chart's text: `·s` of a byte-second.
        var suffix = ""

        func text(_ value: Double) -> String { chart.text(value) + suffix }

        static let percent = Unit(name: "percent", chart: .percent)
        static let bytes = Unit(name: "bytes", chart: .bytes)
        static let bytesPerSecond = Unit(name: "bytes per second", chart: .bytesPerSecond)
        static let cpuSeconds = Unit(name: "CPU seconds", chart: .seconds)
        static let byteSeconds = Unit(name: "byte seconds", chart: .bytes, suffix: "·s")
    }

    /// As scripts and `--fail-if` name it.
    let name: String
    /// For people.
    let title: String
    let unit: Unit
    let source: Source
    /// The growth of the counters per second, or the gauge, over this is in the unit.
    var divisor = 1.0
    /// `nil` where a sum over time says nothing.
    let totalUnit: Unit?
    /// The growth of the counters over this is in the total's unit.
    var totalDivisor = 1.0
    /// Whether a counter that went back began at zero. One that is a sum over interfaces or disks also goes back when one of them goes.
    var restartsAtZero = false
    /// Whether it is traffic of a network namespace, which the containers of a pod share: then sums over containers take it once.
    var isOfNamespace = false

    static let cpu = "cpu_percent"
    static let memory = "memory_bytes"
    static let workingSet = "working_set_bytes"
    static let received = "rx_bytes_per_s"
    static let sent = "tx_bytes_per_s"
    static let read = "read_bytes_per_s"
    static let written = "write_bytes_per_s"

    /// The columns that it is made of.
    var columns: [String] {
        switch source {
        case .gauge(let column, let minus): [column] + (minus.map { [$0] } ?? [])
        case .counters(let columns): columns
        case .share(let column, let counters): [column] + counters
        }
    }

    /// The fixed list: CPU, memory, network and disk of each table that has them, in the order in which they are shown.
    static let usual: [String: [Measure]] = [
        "host": [
            Measure(
                name: cpu, title: "CPU of all cores", unit: .percent,
                source: .share(
                    "cpu_percent",
                    of: ["cpu_user_us", "cpu_nice_us", "cpu_system_us", "cpu_irq_us", "cpu_softirq_us", "cpu_steal_us"]),
                totalUnit: .cpuSeconds, totalDivisor: 1e6),
            Measure(
                name: memory, title: "memory in use", unit: .bytes, source: .gauge("memory_total_bytes", minus: "memory_available_bytes"),
                totalUnit: .byteSeconds),
        ],
        "network": [
            traffic(received, "received", ["rx_bytes"], restartsAtZero: true), traffic(sent, "sent", ["tx_bytes"], restartsAtZero: true),
        ],
        // The kernel counts sectors of 512 bytes for every disk (Documentation/block/stat.rst).
        "disk": [
            traffic(read, "read", ["read_sectors"], divisor: 1.0 / 512, restartsAtZero: true),
            traffic(written, "written", ["write_sectors"], divisor: 1.0 / 512, restartsAtZero: true),
        ],
        "container": cgroup + [
            traffic(received, "received", ["rx_bytes"], isOfNamespace: true), traffic(sent, "sent", ["tx_bytes"], isOfNamespace: true),
            traffic(read, "read", ["io_read_bytes"]), traffic(written, "written", ["io_write_bytes"]),
        ],
        "unit": cgroup + [traffic(read, "read", ["io_read_bytes"]), traffic(written, "written", ["io_write_bytes"])],
        "process": [
            cpu(["cpu_user_us", "cpu_system_us"]),
            Measure(name: memory, title: "memory", unit: .bytes, source: .gauge("rss_bytes"), totalUnit: .byteSeconds),
            traffic(read, "read", ["read_bytes"], restartsAtZero: true), traffic(written, "written", ["write_bytes"], restartsAtZero: true),
        ],
        "metric": metric,
    ]

    /// Of a series by its type: what a counter grew by, what anything else was.
    private static let metric = [
        Measure(name: "value", title: "value", unit: Unit(name: "number", chart: .count("")), source: .gauge("value"), totalUnit: nil),
        Measure(
            name: "value_per_s", title: "growth", unit: Unit(name: "per second", chart: .countPerSecond("")), source: .counters(["value"]),
            totalUnit: Unit(name: "number", chart: .count("")), restartsAtZero: true),
    ]

    private static let cgroup = [
        cpu(["cpu_us"]),
        Measure(name: memory, title: "memory", unit: .bytes, source: .gauge("memory_usage_bytes"), totalUnit: .byteSeconds),
        Measure(
            name: workingSet, title: "working set", unit: .bytes, source: .gauge("memory_working_set_bytes"), totalUnit: .byteSeconds),
    ]

    private static func cpu(_ counters: [String]) -> Measure {
        // Microseconds per second: 100 % is one core.
        Measure(
            name: cpu, title: "CPU", unit: .percent, source: .counters(counters), divisor: 1e4, totalUnit: .cpuSeconds, totalDivisor: 1e6,
            restartsAtZero: true)
    }

    private static func traffic(
        _ name: String, _ title: String, _ counters: [String], divisor: Double = 1, restartsAtZero: Bool = false,
        isOfNamespace: Bool = false
    ) -> Measure {
        Measure(
            name: name, title: title, unit: .bytesPerSecond, source: .counters(counters), divisor: divisor, totalUnit: .bytes,
            totalDivisor: divisor, restartsAtZero: restartsAtZero, isOfNamespace: isOfNamespace)
    }

    /// Any other column: a gauge as it is, a counter by what it grows per second, which `_per_s` behind its name says.
    /// - Returns: `nil` for a column that says which thing a row is about.
    init?(column: ColumnDictionary.Entry) {
        guard let kind = column.kind, kind != .identity else { return nil }
        let isRate = kind == .counter
        let scale = ColumnScale(unit: column.unit, isRate: isRate)
        let total = ColumnScale(unit: column.unit, isRate: false)
        func name(_ scale: ColumnScale) -> String {
            switch scale.unit {
            case .percent: "percent"
            case .bytes: "bytes"
            case .bytesPerSecond: "bytes per second"
            case .seconds: "seconds"
            case .hertz: "hertz"
            case .count(let noun): noun.isEmpty ? "count" : noun
            case .countPerSecond(let noun): noun.isEmpty ? "count per second" : "\(noun) per second"
            }
        }
        self.init(
            name: column.name + (isRate ? "_per_s" : ""), title: column.name + (isRate ? " per second" : ""),
            unit: Unit(name: name(scale), chart: scale.unit), source: isRate ? .counters([column.name]) : .gauge(column.name),
            divisor: 1 / scale.factor, totalUnit: isRate ? Unit(name: name(total), chart: total.unit) : nil, totalDivisor: 1 / total.factor)
    }

    private init(
        name: String, title: String, unit: Unit, source: Source, divisor: Double = 1, totalUnit: Unit?, totalDivisor: Double = 1,
        restartsAtZero: Bool = false, isOfNamespace: Bool = false
    ) {
        (self.name, self.title, self.unit, self.source) = (name, title, unit, source)
        (self.divisor, self.totalUnit, self.totalDivisor) = (divisor, totalUnit, totalDivisor)
        (self.restartsAtZero, self.isOfNamespace) = (restartsAtZero, isOfNamespace)
    }
}
