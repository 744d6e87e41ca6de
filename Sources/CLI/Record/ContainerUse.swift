import StatsCore
import SystemPackage

/// What one container used during a run.
struct ContainerUse: Encodable, Sendable, Equatable {
    var node: String
    var id: String
    var name: String?
    var image: String?
    /// CPU time between the first and the last row; absent with less than two rows that have a reading.
    var cpuUs: UInt64?
    /// The same over the time between those two readings: 100 is one core.
    var cpuPercent: Double?
    var memoryPeakBytes: UInt64?
    /// The highest working set: usage without the file pages that nobody has touched lately.
    var workingSetPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, id, name, image
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case memoryPeakBytes = "memory_peak_bytes"
        case workingSetPeakBytes = "working_set_peak_bytes"
    }
}

/// Reads a run's container.csv and finds the containers that used most.
struct ContainerUsage: Sendable {
    private struct Sum {
        var use: ContainerUse
        /// When the first and the last reading were taken, in microseconds from tick 0.
        var first: Int64?
        var last: Int64 = 0
        var lastCPU: UInt64 = 0
    }

    let containers: [ContainerUse]

    /// - Parameter intervalUs: the run's, which turns ticks into time.
    /// - Throws: `DiskError` when the file can't be read, `CSVReader.RowTooLong`; `CommandFailure` when it lacks a column.
    init(file: FilePath, intervalUs: Int64) throws {
        var reader = try CSVReader(path: file.string)
        guard let header = try reader.next() else {
            containers = []
            return
        }
        func column(_ name: String) throws -> Int {
            guard let index = header.firstIndex(of: name) else {
                throw CommandFailure(code: "bad_file", message: "\(file) has no column \(name).")
            }
            return index
        }
        let (tick, node, id) = (try column("tick"), try column("node"), try column("container_id"))
        let (name, image, cpu) = (try column("container"), try column("image"), try column("cpu_us"))
        // A reading of the engine's may be a second old, and is the same one in several ticks.
        let age = try column("sample_age_us")
        let (usage, workingSet) = (try column("memory_usage_bytes"), try column("memory_working_set_bytes"))
        var sums: [String: Sum] = [:]
        while let row = try reader.next() {
            guard row.count == header.count else { continue }
            var sum = sums[row[node] + "\0" + row[id]] ?? Sum(use: ContainerUse(node: row[node], id: row[id]))
            if !row[name].isEmpty { sum.use.name = row[name] }
            if !row[image].isEmpty { sum.use.image = row[image] }
            if let reading = UInt64(row[cpu]), let tick = Int64(row[tick]) {
                Self.add(reading, at: tick &* intervalUs &- (Int64(row[age]) ?? 0), to: &sum)
            }
            sum.use.memoryPeakBytes = Self.highest(sum.use.memoryPeakBytes, UInt64(row[usage]))
            sum.use.workingSetPeakBytes = Self.highest(sum.use.workingSetPeakBytes, UInt64(row[workingSet]))
            sums[row[node] + "\0" + row[id]] = sum
        }
        containers = sums.values.map { sum in
            var use = sum.use
            if let used = use.cpuUs, let first = sum.first, sum.last > first {
                use.cpuPercent = Double(used) / Double(sum.last &- first) * 100
            }
            return use
        }
    }

    /// A counter that goes backwards began anew, at zero, when the container was started again.
    private static func add(_ reading: UInt64, at instant: Int64, to sum: inout Sum) {
        if sum.first == nil {
            sum.first = instant
        } else {
            let used = reading >= sum.lastCPU ? reading - sum.lastCPU : reading
            sum.use.cpuUs = (sum.use.cpuUs ?? 0) &+ used
        }
        sum.last = instant
        sum.lastCPU = reading
    }

    private static func highest(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    func topByCPU(_ count: Int) -> [ContainerUse] { top(count, by: \.cpuUs) }

    func topByMemory(_ count: Int) -> [ContainerUse] { top(count, by: \.workingSetPeakBytes, else: \.memoryPeakBytes) }

    /// Those without a value are left out; equal ones are in the order of their names, so that the result is always the same.
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
