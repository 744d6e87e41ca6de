import StatsCore

/// One unit of the unit source: its files and its last reading.
final class UnitReader {
    let unit: UnitPath
    let location: CgroupLocation
    private let above: [AncestorCgroup]
    private let files: CgroupFiles
    private var end: CgroupEnd?
    private var rate = CPURate()
    private var reading = UnitReading()
    /// When the counters in `reading` were read, monotonic nanoseconds; `nil` before the first reading.
    private var readAt: UInt64?
    /// Whether a row tells the last reading.
    private var isTold = false
    /// Of which directory its files are: a cgroup that is made again under the same path is another.
    private let directory: UInt64?

    init(_ unit: UnitPath, at location: CgroupLocation, below above: [AncestorCgroup], _ tally: inout ReadTally) {
        self.unit = unit
        self.location = location
        self.above = above
        directory = location.processes.flatMap { DirectoryList.inode(of: $0) }
        var own = ReadTally()
        files = CgroupFiles(location, &own)
        own.isGone = false
        tally.add(own)
        reading.unit = EncodedText(unit.name)
        reading.kind = unit.kind.text
        reading.cgroup = EncodedText(unit.path)
    }

    /// Whether its cgroup is still the one that stands there.
    var stands: Bool { location.processes.flatMap { DirectoryList.inode(of: $0) } == directory }

    /// Finds its first process, and has its end watched from now on. A unit is made before its processes are in it, so that is tried until there are some.
    func watch(by watch: EndWatch, _ processes: ProcessFacts, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        guard reading.started == nil, end == nil || reading.counters.pids ?? 1 > 0 else { return }
        let first = location.processes.flatMap { processes.first(in: $0, &buffer, &tally) }
        reading.started = first?.started
        // `cgroup.events` tells of processes that come, too.
        if end != nil, location.unified != nil || first == nil { return }
        // Of version 2 the kernel tells when no process is left, which is when a unit ends: its first process may end before others.
        let pid = location.unified == nil && processes.hasOwnPIDs ? first?.pid : nil
        var copy = ReadBuffer(capacity: 4096)
        end = watch.watch(
            files, pid: pid, isFirst: { pid.flatMap { processes.process($0, &copy) }.map { $0.started == first?.started } ?? false },
            directory: location.unified)
    }

    /// - Parameter isWhole: whether everything is read, also what can't have changed since the last reading.
    /// - Returns: `false` when its cgroup has been removed. Its last reading is then what was read at its end, if that was seen.
    func read(isWhole: Bool, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        var counters = ContainerCounters()
        guard let now = files.read(isWhole: isWhole, into: &counters, &buffer, &tally) else { return false }
        take(counters, at: now, hostMemory: hostMemory, &buffer, &tally)
        return true
    }

    /// Makes what was read at its end its last reading.
    ///
    /// - Returns: whether there is a reading that no row tells.
    func takeEnd(hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        if let last = end?.last, last.instant > readAt ?? 0 {
            let elapsed = last.instant &- (readAt ?? 0)
            take(last.counters, at: last.instant, hostMemory: hostMemory, &buffer, &tally)
            if elapsed < CPURate.shortest { reading.cpuPercent = nil }
        }
        return readAt != nil && !isTold
    }

    private func take(
        _ counters: ContainerCounters, at now: UInt64, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) {
        var counters = counters
        for cgroup in above { cgroup.restrict(&counters, at: now, &buffer, &tally) }
        counters.capMemoryLimit(at: hostMemory)
        reading.counters = counters
        reading.cpuPercent = rate.next(counters.cpu.map { CPURate.Sample(cpu: $0, instant: now) })
        readAt = now
        isTold = false
    }

    /// This unit's row at the tick of `instant`, in monotonic nanoseconds.
    func row(at instant: UInt64) -> UnitReading {
        isTold = true
        end?.hasRow()
        reading.sampleAge = readAt.map { (Int64(clamping: instant) - Int64(clamping: $0)) / 1000 }
        return reading
    }
}

extension UnitPath.Kind {
    fileprivate var text: EncodedText { Self.texts[self]! }
    private static let texts = Dictionary(uniqueKeysWithValues: allCases.map { ($0, EncodedText($0.rawValue)) })
}
