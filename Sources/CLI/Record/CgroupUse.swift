import StatsCore
import SystemPackage

/// One container's, or one unit's, use of resources during a run.
struct CgroupUse: Encodable, Sendable, Equatable {
    var node: String
    /// A container's id, or the path of a unit's cgroup.
    var id: String
    var name: String?
    var image: String?
    /// Of a unit.
    var kind: String?
    /// CPU time between the first and the last reading; absent with less than two readings.
    var cpuUs: UInt64?
    /// That CPU time over the time between the two readings: 100 is one core.
    var cpuPercent: Double?
    /// The highest of one tick.
    var cpuPeakPercent: Double?
    var memoryMeanBytes: UInt64?
    var memoryPeakBytes: UInt64?
    /// The highest working set: usage without the inactive file pages.
    var workingSetPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, id, name, image, kind
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case cpuPeakPercent = "cpu_peak_percent"
        case memoryMeanBytes = "memory_mean_bytes"
        case memoryPeakBytes = "memory_peak_bytes"
        case workingSetPeakBytes = "working_set_peak_bytes"
    }
}

/// Reads a run's container.csv or unit.csv and finds those with the highest use.
struct CgroupUsage: Sendable {
    /// What the rows are about, and by which columns they are known.
    enum Subject {
        case containers, units

        fileprivate var identity: String { self == .containers ? "container_id" : "cgroup" }
        fileprivate var name: String { self == .containers ? "container" : "unit" }
        fileprivate var other: String { self == .containers ? "image" : "unit_kind" }
    }

    private struct Sum {
        var use: CgroupUse
        var cpu = CPUSum()
        var percent = MeanAndPeak()
        var memory = MeanAndPeak()
        var workingSet = MeanAndPeak()
    }

    let uses: [CgroupUse]

    /// - Parameter intervalUs: the run's interval, to turn ticks into time.
    /// - Throws: `DiskError` when the file can't be read, `CSVReader.RowTooLong`; `CommandFailure` when a column is missing.
    init(file: FilePath, of subject: Subject = .containers, intervalUs: Int64) throws {
        var header = try CSVReader(path: file.string)
        guard let all = try header.next() else {
            uses = []
            return
        }
        let columns = Self.columns + [subject.identity, subject.name, subject.other]
        if let absent = columns.first(where: { !all.contains($0) }) {
            throw CommandFailure(code: "bad_file", message: "\(file) has no column \(absent).")
        }
        var rows = try TableCursor(CSVReader(path: file.string), TableColumns(columns + Self.more + TableColumns.ofMarks, of: all))
        let identity = ["node", subject.identity].compactMap { rows.columns[$0] }
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
                sums.append(Sum(use: CgroupUse(node: row.text("node") ?? "", id: row.text(subject.identity) ?? "")))
            }
            // The last name counts: a container may be renamed.
            row.update(&sums[number].use.name, from: subject.name)
            switch subject {
            case .containers: row.update(&sums[number].use.image, from: subject.other)
            case .units: row.update(&sums[number].use.kind, from: subject.other)
            }
            Self.add(row, intervalUs: intervalUs, to: &sums[number])
        }
        uses = sums.map { sum in
            var use = sum.use
            use.cpuUs = sum.cpu.used
            if let used = use.cpuUs, let first = sum.cpu.first, let end = sum.cpu.end {
                use.cpuPercent = Rates(microseconds: end &- first).percent(from: 0, to: used)
            }
            use.cpuPeakPercent = sum.percent.peak
            use.memoryMeanBytes = sum.memory.mean.flatMap { UInt64(exactly: $0.rounded()) }
            use.memoryPeakBytes = sum.memory.peak.flatMap { UInt64(exactly: $0) }
            use.workingSetPeakBytes = sum.workingSet.peak.flatMap { UInt64(exactly: $0) }
            return use
        }
    }

    private static let columns = [
        "tick", "node", "cpu_us", "sample_age_us", "memory_usage_bytes", "memory_working_set_bytes",
    ]
    /// Those that a run may lack.
    private static let more = ["cpu_percent"]

    private static func add(_ row: borrowing TableRow, intervalUs: Int64, to sum: inout Sum) {
        if let reading = row.count("cpu_us"), let tick = row.count("tick") {
            // A reading of the engine may be a second old, and may be repeated in several ticks.
            sum.cpu.add(reading, row.mark(at: Int64(clamping: tick) &* intervalUs))
        }
        sum.percent.add(row.number("cpu_percent"))
        sum.memory.add(row.number("memory_usage_bytes"))
        sum.workingSet.add(row.number("memory_working_set_bytes"))
    }

    func topByCPU(_ count: Int) -> [CgroupUse] { uses.top(count, by: \.cpuUs, named: \.title) }

    func topByMemory(_ count: Int) -> [CgroupUse] {
        uses.top(count, by: \.workingSetPeakBytes, else: \.memoryPeakBytes, named: \.title)
    }
}

extension CgroupUse {
    fileprivate var title: [String] { [name ?? "", node, id] }
}

extension Array {
    /// Those with the highest values. Leaves out those without one. Equal ones are ordered by name, so that the result is always the same.
    func top(
        _ count: Int, by value: (Element) -> UInt64?, else other: (Element) -> UInt64? = { _ in nil }, named title: (Element) -> [String]
    ) -> [Element] {
        let valued = compactMap { use in (value(use) ?? other(use)).map { (use: use, value: $0, title: title(use)) } }
        return valued.sorted { left, right in
            left.value != right.value ? left.value > right.value : left.title.lexicographicallyPrecedes(right.title)
        }.prefix(count).map(\.use)
    }
}
