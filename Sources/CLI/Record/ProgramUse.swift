import StatsCore
import SystemPackage

/// What the processes of one name used over a run: those of one user in one container or unit.
struct ProgramUse: Encodable, Sendable, Equatable {
    let node: String
    var name: String?
    var user: String?
    /// The container's name, or else its id.
    var container: String?
    var unit: String?
    /// How many there were in all.
    var processes = 0
    /// In microseconds, of all together.
    var cpuUs: UInt64?
    /// That CPU time over the time between their first and their last reading: 100 is one core.
    var cpuPercent: Double?
    /// The most at one tick, of all together.
    var cpuPeakPercent: Double?
    /// Resident memory at one tick, of all together: shared pages count in each.
    var memoryMeanBytes: UInt64?
    /// The most of that; or what one of them had at any time, if that is more and it lived within the run.
    var memoryPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, name, user, container, unit, processes
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case cpuPeakPercent = "cpu_peak_percent"
        case memoryMeanBytes = "memory_mean_bytes"
        case memoryPeakBytes = "memory_peak_bytes"
    }
}

/// Reads a run's process.csv and finds the names with the highest use.
struct ProgramUsage: Sendable {
    private struct Sum {
        var use: ProgramUse
        var first: Int64?
        var last: Int64?
        /// Of the tick whose rows are being read.
        var tick: UInt64?
        var percent: Double?
        var memory: Double?
        var percents = MeanAndPeak()
        var memories = MeanAndPeak()
        /// Of one process that has ended.
        var peak: UInt64?

        mutating func endTick() {
            percents.add(percent)
            memories.add(memory)
            (tick, percent, memory) = (nil, nil, nil)
        }
    }

    let programs: [ProgramUse]

    /// - Parameters:
    ///   - uptimes: since when each node's rows begin, in microseconds since its boot: a process that began later counts from zero.
    /// - Throws: `DiskError` when the file can't be read, `CSVReader.RowTooLong`; `CommandFailure` when a column is missing.
    init(file: FilePath, intervalUs: Int64, uptimes: [String: UInt64]) throws {
        var header = try CSVReader(path: file.string)
        guard let all = try header.next() else {
            programs = []
            return
        }
        if let absent = Self.columns.first(where: { !all.contains($0) }) {
            throw CommandFailure(code: "bad_file", message: "\(file) has no column \(absent).")
        }
        var rows = try TableCursor(CSVReader(path: file.string), TableColumns(Self.columns + Self.more, of: all))
        let identity = ["node", "pid", "start_us"].compactMap { rows.columns[$0] }
        let names = ["node", "comm", "container_id", "unit", "uid"].compactMap { rows.columns[$0] }
        var (instances, groups) = (KeyTable(), KeyTable())
        var key: [UInt8] = []
        var times: [CPUSum] = []
        var groupOf: [Int] = []
        var sums: [Sum] = []
        while try rows.advance() {
            let row = rows.row
            let group = groups.number(of: Self.key(row, names, &key))
            if group == sums.count { sums.append(Sum(use: ProgramUse(node: row.text("node") ?? ""))) }
            Self.name(row, &sums[group].use)
            let instance = instances.number(of: Self.key(row, identity, &key))
            let cpu = (row.count("cpu_user_us") ?? 0) &+ (row.count("cpu_system_us") ?? 0)
            let began = row.count("start_us") ?? 0
            let uptime = uptimes[sums[group].use.node] ?? .max
            if began >= uptime, row.text("state") == "X", let peak = row.count("peak_rss_bytes") {
                sums[group].peak = max(sums[group].peak ?? 0, peak)
            }
            if instance == times.count {
                var time = CPUSum()
                if began >= uptime {
                    time.addWhole(cpu)
                    let instant = Int64(clamping: began - uptime)
                    sums[group].first = min(sums[group].first ?? instant, instant)
                }
                times.append(time)
                groupOf.append(group)
            }
            // One that comes to run another program keeps what it used under its last name.
            groupOf[instance] = group
            let tick = row.count("tick") ?? 0
            let mark = SampleMark(tick: Int64(clamping: tick) &* intervalUs, age: nil)
            times[instance].add(cpu, mark)
            Self.add(row, at: tick, mark.sampled, to: &sums[group])
        }
        for (time, group) in zip(times, groupOf) {
            sums[group].use.processes += 1
            if let used = time.used { sums[group].use.cpuUs = (sums[group].use.cpuUs ?? 0) &+ used }
        }
        programs = sums.filter { $0.use.processes > 0 }.map { sum in
            var sum = sum
            sum.endTick()
            if let used = sum.use.cpuUs, let first = sum.first, let last = sum.last, last > first {
                sum.use.cpuPercent = Rates(microseconds: last &- first).percent(from: 0, to: used)
            }
            sum.use.cpuPeakPercent = sum.percents.peak
            sum.use.memoryMeanBytes = sum.memories.mean.flatMap { UInt64(exactly: $0.rounded()) }
            sum.use.memoryPeakBytes = [sum.memories.peak.flatMap { UInt64(exactly: $0) }, sum.peak].compactMap(\.self).max()
            return sum.use
        }
    }

    private static let columns = [
        "tick", "node", "container_id", "container", "pid", "start_us", "comm", "cpu_user_us", "cpu_system_us", "rss_bytes",
    ]
    /// Those that a run may lack.
    private static let more = ["cpu_percent", "unit", "uid", "user", "state", "peak_rss_bytes"]

    private static func key(_ row: borrowing TableRow, _ slots: [Int], _ key: inout [UInt8]) -> [UInt8] {
        key.removeAll(keepingCapacity: true)
        for slot in slots {
            key.append(0xff)
            row.append(slot, to: &key)
        }
        return key
    }

    private static func name(_ row: borrowing TableRow, _ use: inout ProgramUse) {
        row.update(&use.name, from: "comm")
        row.update(&use.container, from: "container")
        if use.container == nil { row.update(&use.container, from: "container_id") }
        row.update(&use.unit, from: "unit")
        row.update(&use.user, from: "user")
        if use.user == nil { row.update(&use.user, from: "uid") }
    }

    private static func add(_ row: borrowing TableRow, at tick: UInt64, _ instant: Int64, to sum: inout Sum) {
        if sum.tick != tick { sum.endTick() }
        sum.tick = tick
        sum.first = min(sum.first ?? instant, instant)
        sum.last = instant
        if let percent = row.number("cpu_percent") { sum.percent = (sum.percent ?? 0) + percent }
        if let memory = row.number("rss_bytes") { sum.memory = (sum.memory ?? 0) + memory }
    }

    func topByCPU(_ count: Int) -> [ProgramUse] { programs.top(count, by: \.cpuUs, named: \.title) }
    func topByMemory(_ count: Int) -> [ProgramUse] { programs.top(count, by: \.memoryPeakBytes, named: \.title) }
}

extension ProgramUse {
    fileprivate var title: [String] { [name ?? "", container ?? "", unit ?? "", user ?? "", node] }
}
