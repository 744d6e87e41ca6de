/// The answer to `GET /metrics`: nodes' newest values in Prometheus' text format. It is written family by family, so that the whole text is never in memory.
package struct Exposition: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A node's facts besides its rows.
    package struct Node: Sendable {
        package var name: String
        package var kernel: String?
        package var rows: FrameRows

        package init(name: String, kernel: String?, rows: FrameRows) {
            self.name = name
            self.kernel = kernel
            self.rows = rows
        }
    }

    /// The most samples of one scrape, so that a large fleet can't overload its Prometheus. Rows beyond it are left out and counted.
    package static let sampleLimit = 200_000
    /// How many processes of a node are shown: those with the most CPU time.
    package static let processLimit = 100

    private let own: [UInt8]
    private let tables: [SampleTable]
    private let families: [(table: Int, family: MetricTable.Family)]

    /// - Parameters:
    ///   - withProcesses: whether processes are shown too.
    ///   - describe: adds families of the caller's own.
    package init(_ nodes: [Node], withProcesses: Bool, limit: Int = sampleLimit, describe: (inout OwnFamilies) -> Void) {
        let shown = Self.tables(withProcesses: withProcesses)
        var budget = limit
        let tables = shown.map { table in
            var samples = SampleTable(table)
            for node in nodes {
                let wanted = table.id == .process ? Self.busiest(node.rows) : nil
                samples.append(node.rows, node: Self.label(node.name), budget: &budget) { wanted?.contains($0) ?? true }
            }
            return samples
        }
        self.tables = tables
        families = shown.enumerated().flatMap { index, table in table.families.map { (index, $0) } }
        var own = OwnFamilies()
        describe(&own)
        Self.describe(nodes, &own)
        own.family("sonde_metrics_left_out", .gauge, "Rows that had no place below the limit of \(limit) samples")
        for samples in tables { own.sample(Double(samples.leftOut), ("table", samples.table.id.name)) }
        self.own = own.out.withUnsafeBytes { Array($0) }
    }

    /// In the order hosts, containers, units, processes: beyond the limit, the last rows are left out.
    static func tables(withProcesses: Bool) -> [MetricTable] {
        [
            ContainerMetrics.agent, NodeMetrics.host, NodeMetrics.cpu, NodeMetrics.disk, NodeMetrics.filesystem, NodeMetrics.network,
            ContainerMetrics.container, UnitMetrics.unit,
        ] + (withProcesses ? [ContainerMetrics.process] : [])
    }

    /// How many pieces the text has.
    package var pieces: Int { families.count + 1 }

    /// Appends one piece: whole families, or nothing.
    package func write(piece: Int, to out: inout ByteWriter) {
        guard piece > 0 else { return out.append(own) }
        let (table, family) = families[piece - 1]
        tables[table].write(family, to: &out)
    }

    private static func label(_ node: String) -> [UInt8] {
        var out = ByteWriter(capacity: 64)
        out.appendLabel("node", node.utf8.span.bytes, isFirst: true)
        return out.withUnsafeBytes { Array($0) }
    }

    static let kernelHelp = "The host's kernel, and its name as Sonde knows it"
    static let timeHelp = "When the values of a node were read, in seconds since 1970, by the collector's clock"
    static let coresHelp = "Cores that are online"

    /// Families of node_exporter and cAdvisor that describe a machine and that no column holds.
    private static func describe(_ nodes: [Node], _ own: inout OwnFamilies) {
        own.family("node_uname_info", .gauge, kernelHelp)
        for node in nodes {
            own.sample(1, ("node", node.name), ("nodename", node.name), ("release", node.kernel ?? ""), ("sysname", "Linux"))
        }
        own.family("node_time_seconds", .gauge, timeHelp)
        for node in nodes where node.rows.time > 0 { own.sample(Double(node.rows.time) / 1e6, ("node", node.name)) }
        own.family("machine_cpu_cores", .gauge, coresHelp)
        for node in nodes {
            let cores = node.rows.count(of: .cpu)
            if cores > 0 { own.sample(Double(cores), ("node", node.name)) }
        }
    }

    /// The indices of the process rows with the most CPU time, without those of processes that have ended.
    private static func busiest(_ rows: FrameRows) -> Set<Int> {
        var use: [(number: Int, percent: Double)] = []
        rows.forEachRow(of: .process) { row in
            use.append((use.count, row.text("state") == "X" ? -1 : row.number("cpu_percent") ?? 0))
        }
        use.removeAll { $0.percent < 0 }
        return busiest(use)
    }

    /// The numbers of those with the most CPU time, as many as are shown.
    static func busiest(_ use: [(number: Int, percent: Double)]) -> Set<Int> {
        Set(use.sorted { ($1.percent, $0.number) < ($0.percent, $1.number) }.prefix(processLimit).map(\.number))
    }
}
