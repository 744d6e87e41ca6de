/// The series of one node: turns its ticks into samples, and ends a series that a tick doesn't have any more.
final class NodeSeries {
    /// Labels that all of its series have.
    private let labels: [(name: String, value: String)]
    private var tables = [[RowSeries]](repeating: [], count: TableShape.all.count)
    private var facts = RowSeries([])
    private var kernel: RowSeries?
    private var number: UInt64 = 0
    /// When the host was booted, in milliseconds since 1970; 0 where nobody knows.
    private var booted: Int64 = 0
    /// Of the newest tick, in microseconds; and how long the one before that was.
    private(set) var time: Int64 = 0
    private var gap: Int64 = 0
    let node: String
    /// Whether any of its series goes on.
    private(set) var hasSeries = false
    /// How long the second tick is waited for, of which nobody knows when it comes: as long as Prometheus shows a series (microseconds).
    private static let firstPatience: Int64 = 300_000_000

    /// - Parameter labels: besides the node's own; they don't replace those that series have.
    init(node: String, labels: [(name: String, value: String)]) {
        self.node = node
        self.labels = [("node", node)] + labels + [("job", "sonde"), ("instance", node)]
        facts = RowSeries(self.labels)
    }

    /// - Parameters:
    ///   - bytes: of the record.
    ///   - columns: by table, those of its sender.
    func write(
        _ record: TickRecord, _ bytes: RawSpan, columns: [RowScan.Columns?], to writer: inout some SampleWriter & ~Copyable
    ) {
        number += 1
        gap = time > 0 ? max(0, record.time - time) : 0
        hasSeries = true
        time = record.time
        var seen = Set<Int>()
        var cores = 0
        bytes.withUnsafeBytes { raw in
            let raw = raw.assumingMemoryBound(to: UInt8.self)
            var scan = RowScan(raw)
            for (table, rows) in record.tables(bytes) {
                guard let columns = columns[table], seen.insert(table).inserted else { continue }
                let count = write(table, rows, columns, &scan, to: &writer)
                if TableShape.all[table].table.id == .cpu { cores = count }
            }
        }
        for table in tables.indices where !seen.contains(table) && !tables[table].isEmpty {
            for row in tables[table] { end(row, TableShape.all[table].metrics, at: milliseconds, &writer) }
            tables[table] = []
        }
        writeFacts(record, cores: cores, to: &writer)
    }

    private var milliseconds: Int64 { time / 1000 }

    /// Of microseconds that an agent says, which may be anything.
    private static func milliseconds(_ microseconds: Double) -> Int64 {
        microseconds >= 0 && microseconds < 1e17 ? Int64(microseconds / 1000) : 0
    }

    /// - Returns: how many rows there were.
    private func write(
        _ table: Int, _ rows: Range<Int>, _ columns: RowScan.Columns, _ scan: inout RowScan, to writer: inout some SampleWriter & ~Copyable
    ) -> Int {
        let shape = TableShape.all[table]
        let wanted = shape.table.id == .process ? busiest(rows, columns, &scan, shape) : nil
        let before = tables[table]
        var now: [RowSeries] = []
        now.reserveCapacity(before.count)
        // Rows come in the order of the tick before, so that the next one is nearly always the one that was behind the last.
        var expected = 0
        var byKey: [[UInt8]: RowSeries] = [:]
        var count = 0
        scan.move(to: rows.lowerBound)
        while scan.next(columns, shape) {
            defer { count += 1 }
            if let wanted, !wanted.contains(count) { continue }
            let row: RowSeries
            if expected < before.count, scan.matches(before[expected].key) {
                row = before[expected]
                expected += 1
            } else {
                if byKey.isEmpty { byKey = Dictionary(before.map { ($0.key, $0) }) { first, _ in first } }
                let key = scan.key()
                row = byKey[key] ?? series(key, scan.labels(columns, shape), shape)
                byKey[key] = row
                if let place = before[min(expected, before.count)...].firstIndex(where: { $0 === row }) { expected = place + 1 }
            }
            // Of two rows with the same labels, the first counts.
            guard row.seen != number else { continue }
            row.seen = number
            if let uptime = scan.uptime { booted = milliseconds - Self.milliseconds(uptime) }
            row.start = booted > 0 ? booted + Self.milliseconds(scan.started ?? 0) : 0
            put(row, scan, shape, to: &writer)
            now.append(row)
        }
        tables[table] = now
        for row in before where row.seen != number { end(row, shape.metrics, at: milliseconds, &writer) }
        return count
    }

    /// What the row says of itself counts before what is said of all series.
    private func series(_ key: [UInt8], _ own: [(name: String, value: String)], _ shape: TableShape) -> RowSeries {
        RowSeries(key: key, own + labels.filter { !shape.extraNames.contains($0.name) }, extraNames: shape.extraNames)
    }

    private func put(_ row: RowSeries, _ scan: borrowing RowScan, _ shape: TableShape, to writer: inout some SampleWriter & ~Copyable) {
        writer.begin(row)
        let time = milliseconds
        var rest = scan.present
        while rest != 0 {
            let metric = rest.trailingZeroBitCount
            rest &= rest - 1
            let form = shape.metrics[metric]
            let value = form.sample(of: scan.values[metric], time: self.time)
            writer.sample(form, value, time: time, start: row.start)
        }
        var ended = row.present & ~scan.present
        while ended != 0 {
            writer.sample(shape.metrics[ended.trailingZeroBitCount], StaleMarker.value, time: time, start: 0)
            ended &= ended - 1
        }
        row.present = scan.present
    }

    private func end(_ row: RowSeries, _ metrics: [MetricShape], at time: Int64, _ writer: inout some SampleWriter & ~Copyable) {
        guard row.present != 0 else { return }
        writer.begin(row)
        while row.present != 0 {
            writer.sample(metrics[row.present.trailingZeroBitCount], StaleMarker.value, time: time, start: 0)
            row.present &= row.present - 1
        }
    }

    // MARK: What no column holds

    private static let timeShape = MetricShape("node_time_seconds", .gauge, help: Exposition.timeHelp)
    private static let coresShape = MetricShape("machine_cpu_cores", .gauge, help: Exposition.coresHelp)
    private static let kernelShape = MetricShape("node_uname_info", .gauge, help: Exposition.kernelHelp)
    static let factShapes = [timeShape, coresShape, kernelShape]

    private func writeFacts(_ record: TickRecord, cores: Int, to writer: inout some SampleWriter & ~Copyable) {
        writer.begin(facts)
        writer.sample(Self.timeShape, Double(time) / 1e6, time: milliseconds, start: 0)
        if cores > 0 {
            writer.sample(Self.coresShape, Double(cores), time: milliseconds, start: 0)
        } else if facts.present & 2 != 0 {
            writer.sample(Self.coresShape, StaleMarker.value, time: milliseconds, start: 0)
        }
        facts.present = cores > 0 ? 3 : 1
        let key = Array(record.kernel.utf8)
        if kernel?.key != key {
            if let kernel { end(kernel, [Self.kernelShape], at: milliseconds, &writer) }
            kernel = RowSeries(key: key, [("nodename", node), ("release", record.kernel), ("sysname", "Linux")] + labels)
        }
        guard let kernel else { return }
        writer.begin(kernel)
        writer.sample(Self.kernelShape, 1, time: milliseconds, start: 0)
        kernel.present = 1
    }

    // MARK: Its end

    /// How long nothing may come of it.
    func patience(besides more: Int64) -> Int64 { gap > 0 ? more + 3 * gap : max(more, Self.firstPatience) }

    /// Ends all series, just behind the newest tick.
    func end(to writer: inout some SampleWriter & ~Copyable) {
        hasSeries = false
        for table in tables.indices {
            for row in tables[table] { end(row, TableShape.all[table].metrics, at: milliseconds + 1, &writer) }
            tables[table] = []
        }
        end(facts, Self.factShapes, at: milliseconds + 1, &writer)
        if let kernel { end(kernel, [Self.kernelShape], at: milliseconds + 1, &writer) }
    }

    /// The numbers of the process rows with the most CPU time, without those of processes that have ended.
    private func busiest(_ rows: Range<Int>, _ columns: RowScan.Columns, _ scan: inout RowScan, _ shape: TableShape) -> Set<Int> {
        var use: [(number: Int, percent: Double)] = []
        var number = 0
        scan.move(to: rows.lowerBound)
        while scan.next(columns, shape) {
            if !scan.hasEnded { use.append((number, scan.use ?? 0)) }
            number += 1
        }
        return Exposition.busiest(use)
    }
}
