import StatsCore

/// One container as the container source follows it: who it is, where its files are, and its last reading.
final class ContainerReader {
    let id: String
    private(set) var info: ContainerInfo
    private(set) var reading = ContainerReading()
    private(set) var processes: ContainerProcesses?
    /// Whether its cgroup has been removed. Then the last reading is all that there will be.
    var hasEnded = false
    /// Whether any row of it has been written.
    private(set) var hasRow = false

    private let location: CgroupLocation
    private var cgroup: ContainerCgroup?
    private var network: OptionalFile?
    private var rate = CPURate()
    /// When the counters in `reading` were read, monotonic nanoseconds; `nil` before that.
    private var readAt: UInt64?

    init(_ info: ContainerInfo, at location: CgroupLocation, proc: String, census: ProcessCensus?, _ tally: inout ReadTally) {
        id = info.id
        self.info = info
        self.location = location
        if let directory = location.processes {
            processes = ContainerProcesses(proc: proc, container: info.id, CgroupProcesses(directory, &tally), census: census)
        }
        reading.containerID = EncodedText(info.id)
        encode(info)
    }

    var hasReading: Bool { readAt != nil }

    /// Whether it has been found in the cgroup tree.
    var isPlaced: Bool { !location.isEmpty }

    /// One of its processes, whichever.
    func firstPID(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Int32? {
        processes?.listFirst(&buffer, &tally)
    }

    /// Takes over what the engine says now; the texts are encoded here and not at every tick.
    func update(_ info: ContainerInfo) {
        guard info != self.info else { return }
        self.info = info
        encode(info)
    }

    private func encode(_ info: ContainerInfo) {
        reading.container = Self.text(info.name)
        reading.image = Self.text(info.image)
        reading.state = Self.text(info.state)
        reading.health = info.health.map { EncodedText($0) }
        reading.restarts = info.restarts
        reading.names = DeploymentNames(labels: info.labels)
    }

    /// Without an engine nobody tells the name: absent, not empty.
    private static func text(_ text: String) -> EncodedText? { text.isEmpty ? nil : EncodedText(text) }

    /// Reads the counters from the cgroups.
    ///
    /// - Returns: `false` when there are none, or no longer; the reading before is then left as it was.
    func readCgroup(proc: String, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        guard !location.isEmpty, !hasEnded else { return false }
        var own = ReadTally()
        if cgroup == nil { open(proc: proc, &own) }
        let now = Clocks.monotonic()
        var counters = ContainerCounters()
        cgroup?.read(at: now, into: &counters, &buffer, &own)
        let hasCgroup = !own.isGone
        // Kept open, the file shows the namespace even after its last process; it goes with this reader.
        if network?.read(into: &buffer, &own) == true { counters.network = NetDevTotals(parsing: buffer.bytes) }
        own.isGone = false
        tally.add(own)
        guard hasCgroup else {
            hasEnded = true
            return false
        }
        counters.capMemoryLimit(at: hostMemory)
        reading.counters = counters
        reading.source = ReadingSource.cgroup
        reading.cpuPercent = rate.next(counters.cpu.map { CPURate.Sample(cpu: $0, instant: now) })
        readAt = now
        return true
    }

    private func open(proc: String, _ tally: inout ReadTally) {
        cgroup = ContainerCgroup(location, &tally)
        guard !info.usesHostNetwork, let pid = info.initPID ?? processes?.somePID, pid > 0 else { return }
        network = OptionalFile("\(proc)/\(pid)/net", "dev", shape: .records, &tally)
    }

    /// Takes over what the engine has answered. The same answer again leaves the percentage that was worked out from it.
    func take(_ answer: EngineReading, hostMemory: UInt64?) {
        guard answer.monotonic != readAt else { return }
        // The cgroups' reading at the start may be younger than this answer. To go back in time would make every difference wrong.
        if let readAt, answer.monotonic < readAt { return }
        var counters = answer.counters
        counters.cpuLimit = counters.cpuLimit ?? info.cpuLimit
        counters.pidsLimit = counters.pidsLimit ?? info.pidsLimit
        counters.memoryLimit = counters.memoryLimit ?? info.memoryLimit
        counters.capMemoryLimit(at: hostMemory)
        if info.usesHostNetwork { counters.network = NetDevTotals() }
        reading.counters = counters
        reading.source = ReadingSource.docker
        reading.cpuPercent = rate.next(
            counters.cpu.map {
                CPURate.Sample(cpu: $0, instant: answer.monotonic, systemCPU: answer.systemCPU, onlineCPUs: answer.onlineCPUs)
            })
        readAt = answer.monotonic
        // The engine answers: no need to keep the files open any longer.
        if cgroup != nil {
            cgroup = nil
            network = nil
        }
    }

    /// The age of the counters at monotonic nanosecond `now`; `nil` without any.
    func age(at now: UInt64) -> UInt64? { readAt.map { now > $0 ? now - $0 : 0 } }

    /// Empties the counters: nobody has read them for this tick.
    func dropCounters() {
        reading.counters = ContainerCounters()
        reading.cpuPercent = nil
        reading.source = nil
        readAt = nil
    }

    /// The row of this container at the tick of monotonic nanosecond `instant`.
    func row(at instant: UInt64) -> ContainerReading {
        hasRow = true
        reading.sampleAge = readAt.map { (Int64(clamping: instant) - Int64(clamping: $0)) / 1000 }
        return reading
    }
}

/// The two names in the `source` column.
private enum ReadingSource {
    static let docker = EncodedText("docker")
    static let cgroup = EncodedText("cgroup")
}
