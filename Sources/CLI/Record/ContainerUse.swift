import StatsCore
import SystemPackage

/// One container's use of resources during a run.
struct ContainerUse: Encodable, Sendable, Equatable {
    var node: String
    var id: String
    var name: String?
    var image: String?
    /// CPU time between the first and the last reading; absent with less than two readings.
    var cpuUs: UInt64?
    /// That CPU time over the time between the two readings: 100 is one core.
    var cpuPercent: Double?
    var memoryPeakBytes: UInt64?
    /// The highest working set: usage without the inactive file pages.
    var workingSetPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, id, name, image
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case memoryPeakBytes = "memory_peak_bytes"
        case workingSetPeakBytes = "working_set_peak_bytes"
    }
}

/// Reads a run's container.csv and finds the containers with the highest use.
struct ContainerUsage: Sendable {
    private struct Sum {
        var use: ContainerUse
        /// When the first reading was taken, in microseconds since tick 0.
        var first: Int64?
        /// The last reading, with its value.
        var last: (mark: SampleMark, cpu: UInt64)?
    }

    let containers: [ContainerUse]

    /// - Parameter intervalUs: the run's interval, to turn ticks into time.
    /// - Throws: `DiskError` when the file can't be read, `CSVReader.RowTooLong`; `CommandFailure` when a column is missing.
    init(file: FilePath, intervalUs: Int64) throws {
        var header = try CSVReader(path: file.string)
        guard let all = try header.next() else {
            containers = []
            return
        }
        if let absent = Self.columns.first(where: { !all.contains($0) }) {
            throw CommandFailure(code: "bad_file", message: "\(file) has no column \(absent).")
        }
        var rows = try TableCursor(CSVReader(path: file.string), TableColumns(Self.columns + TableColumns.ofMarks, of: all))
        let identity = ["node", "container_id"].compactMap { rows.columns[$0] }
        var keys = KeyTable()
        var key: [UInt8] = []
        var sums: [Sum] = []
        while try rows.advance() {
            let row = rows.row
            key.removeAll(keepingCapacity: true)
            for slot in identity {
                key.append(0xff)
                row.append(slot, to: &key)
            }
            let number = keys.number(of: key)
            if number == sums.count {
                sums.append(Sum(use: ContainerUse(node: row.text("node") ?? "", id: row.text("container_id") ?? "")))
            }
            Self.add(row, intervalUs: intervalUs, to: &sums[number])
        }
        containers = sums.map { sum in
            var use = sum.use
            if let used = use.cpuUs, let first = sum.first, let last = sum.last {
                use.cpuPercent = Rates(microseconds: last.mark.sampled &- first).percent(from: 0, to: used)
            }
            return use
        }
    }

    private static let columns = [
        "tick", "node", "container_id", "container", "image", "cpu_us", "sample_age_us", "memory_usage_bytes", "memory_working_set_bytes",
    ]

    private static func add(_ row: borrowing TableRow, intervalUs: Int64, to sum: inout Sum) {
        // The last name counts: a container may be renamed.
        row.update(&sum.use.name, from: "container")
        row.update(&sum.use.image, from: "image")
        if let reading = row.count("cpu_us"), let tick = row.count("tick") {
            // A reading of the engine may be a second old, and may be repeated in several ticks.
            add(reading, row.mark(at: Int64(clamping: tick) &* intervalUs), to: &sum)
        }
        sum.use.memoryPeakBytes = highest(sum.use.memoryPeakBytes, row.count("memory_usage_bytes"))
        sum.use.workingSetPeakBytes = highest(sum.use.workingSetPeakBytes, row.count("memory_working_set_bytes"))
    }

    /// What a container used before it was started again counts as well.
    private static func add(_ reading: UInt64, _ mark: SampleMark, to sum: inout Sum) {
        guard let last = sum.last else {
            sum.first = mark.sampled
            sum.last = (mark, reading)
            return
        }
        let growth: UInt64
        // Not every row tells the start.
        let mark = mark.knowingStart(of: last.mark)
        switch mark.step(since: last.mark) {
        case .repeated:
            sum.last = (last.mark.repeated(at: mark), last.cpu)
            return
        case .anew: growth = reading
        case .rates: growth = Rates.growthOverRestarts(from: last.cpu, to: reading)
        }
        sum.use.cpuUs = (sum.use.cpuUs ?? 0) &+ growth
        sum.last = (mark, reading)
    }

    private static func highest(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    func topByCPU(_ count: Int) -> [ContainerUse] { top(count, by: \.cpuUs) }

    func topByMemory(_ count: Int) -> [ContainerUse] { top(count, by: \.workingSetPeakBytes, else: \.memoryPeakBytes) }

    /// Leaves out containers without a value. Equal ones are ordered by name, so that the result is always the same.
    private func top(
        _ count: Int, by value: KeyPath<ContainerUse, UInt64?>, else other: KeyPath<ContainerUse, UInt64?>? = nil
    ) -> [ContainerUse] {
        let valued = containers.compactMap { use in (use[keyPath: value] ?? other.flatMap { use[keyPath: $0] }).map { (use, $0) } }
        return valued.sorted { left, right in
            if left.1 != right.1 { return left.1 > right.1 }
            return (left.0.name ?? "", left.0.node, left.0.id) < (right.0.name ?? "", right.0.node, right.0.id)
        }.prefix(count).map(\.0)
    }
}
