import StatsCore

/// One container of the container source: its names, its files, and its last reading.
final class ContainerReader {
    let id: String
    private(set) var info: ContainerInfo
    private(set) var reading = ContainerReading()
    private(set) var processes: ContainerProcesses?
    /// Whether its cgroup has been removed. Then the last reading is all that there will be.
    var hasEnded = false
    /// Whether the engine doesn't know it, so that only its cgroup can be read.
    var isOther = false
    /// Whether a row of it has been written.
    private(set) var hasRow = false
    /// Who read the counters of its rows.
    private var rowSource: EncodedText?

    /// Whether its cgroups tell what it uses. The first reading shows it, and it stays so: a container's reader doesn't change from tick to tick.
    private(set) var isReadable: Bool
    private let location: CgroupLocation
    private let above: [AncestorCgroup]
    private var cgroup: ContainerCgroup?
    /// Its network namespace's `/proc/<pid>/net/dev`.
    private var netDev: OptionalFile?
    private var first: FirstProcess?
    private var network: ContainerNetwork?
    private var rate = CPURate()
    /// When the counters in `reading` were read, monotonic nanoseconds; `nil` before the first reading.
    private var readAt: UInt64?
    /// Answers that are older are of an earlier start of the container, monotonic nanoseconds.
    private let firstAnswer: UInt64

    /// - Parameters:
    ///   - above: the cgroups above its own.
    ///   - earlier: the reader that this one replaces: of an earlier start of this container, of which the engine's last answer may be, or of the same
    ///     start before its cgroups were found.
    init(
        _ info: ContainerInfo, at location: CgroupLocation, below above: [AncestorCgroup], proc: String, census: ProcessCensus?,
        files: BlockingFiles, users: UserNames, replacing earlier: ContainerReader?, _ tally: inout ReadTally
    ) {
        id = info.id
        if let earlier, earlier.info.initPID == info.initPID {
            firstAnswer = earlier.firstAnswer
            rowSource = earlier.rowSource
        } else {
            firstAnswer = earlier?.hasReading ?? false ? Clocks.monotonic() : 0
        }
        isReadable = !location.isEmpty
        self.info = info
        self.location = location
        self.above = above
        if let directory = location.processes {
            processes = ContainerProcesses(
                proc: proc, container: info.id, CgroupProcesses(directory, &tally), census: census, files: files, users: users)
        }
        reading.containerID = EncodedText(info.id)
        encode(info)
    }

    var hasReading: Bool { readAt != nil }

    /// Whether its cgroups have been found.
    var isPlaced: Bool { !location.isEmpty }

    /// Looks for its first process, unless it has been found: the engine's, or the one that was started before all others.
    func findFirst(_ finder: ContainerFinder, _ buffer: inout ReadBuffer) {
        guard first == nil else { return }
        if let pid = info.initPID { first = finder.firstProcess(pid, of: info, &buffer) }
        for pid in first == nil ? processes?.list(&buffer) ?? [] : [] {
            guard let process = finder.process(pid, &buffer) else { continue }
            if let first, first.started ?? .max <= process.started ?? .max { continue }
            first = process
        }
        reading.started = first?.started
    }

    /// For `NetworkOwners`.
    var networkMember: NetworkOwners.Member {
        NetworkOwners.Member(id: id, told: info.network, namespace: first?.namespace, started: first?.started)
    }

    /// Takes over whose network it uses.
    func use(_ network: ContainerNetwork?) {
        guard network != self.network else { return }
        self.network = network
        reading.network =
            switch network {
            case .own: ReadingNetwork.own
            case .host: ReadingNetwork.host
            case .shared(let id): EncodedText("container:\(id)")
            case nil: nil
            }
    }

    /// Whether the traffic of its interfaces is a container's. If nobody says whose it is, no traffic is better than the host's.
    private var hasTraffic: Bool { network != nil && network != .host }

    /// Takes over the engine's facts. Texts are encoded here, so that ticks needn't do it.
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

    /// Without an engine the name is unknown: absent, not empty.
    private static func text(_ text: String) -> EncodedText? { text.isEmpty ? nil : EncodedText(text) }

    /// Reads the counters from the cgroups.
    ///
    /// - Returns: `false` when they don't exist, or no longer, or tell nothing; the last reading is then left unchanged.
    func readCgroup(proc: String, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        guard isReadable, !hasEnded else { return false }
        var own = ReadTally()
        let now = Clocks.monotonic()
        var counters = ContainerCounters()
        readFiles(at: now, into: &counters, &buffer, &own)
        let hasCgroup = !own.isGone
        // The open file shows the network namespace even after the process has ended; it is closed with this reader.
        openNetwork(proc: proc, &own)
        if hasTraffic, netDev?.read(into: &buffer, &own) == true { counters.network = NetDevTotals(parsing: buffer.bytes) }
        own.isGone = false
        tally.add(own)
        guard hasCgroup else {
            hasEnded = true
            return false
        }
        guard isReadable else { return false }
        restrict(&counters, hostMemory: hostMemory, &buffer, &tally)
        reading.counters = counters
        reading.source = ReadingSource.cgroup.text
        reading.cpuPercent = rate.next(counters.cpu.map { CPURate.Sample(cpu: $0, instant: now) })
        readAt = now
        return true
    }

    private func readFiles(at now: UInt64, into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let isFirst = cgroup == nil
        if isFirst { cgroup = ContainerCgroup(location, &tally) }
        cgroup?.read(at: now, into: &counters, &buffer, &tally)
        if isFirst, !tally.isGone { isReadable = counters.tellsUse }
    }

    /// What the engine doesn't tell is the kernel's, read now.
    private func fill(_ counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        guard isReadable else { return }
        var own = ReadTally()
        var kernel = ContainerCounters()
        readFiles(at: Clocks.monotonic(), into: &kernel, &buffer, &own)
        if !own.isGone { counters.fill(from: kernel) }
        own.isGone = false
        tally.add(own)
    }

    private func openNetwork(proc: String, _ tally: inout ReadTally) {
        guard netDev == nil, hasTraffic, let first, first.pid > 0 else { return }
        netDev = OptionalFile("\(proc)/\(first.pid)/net", "dev", shape: .records, &tally)
    }

    /// Lowers its limits to those of the cgroups above it and to what the host has.
    private func restrict(_ counters: inout ContainerCounters, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let now = Clocks.monotonic()
        for cgroup in above { cgroup.restrict(&counters, at: now, &buffer, &tally) }
        counters.capMemoryLimit(at: hostMemory)
    }

    /// Takes over an engine's answer. If it is the same answer again, the percentage stays as computed.
    func take(_ answer: EngineReading, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        guard answer.monotonic != readAt, answer.monotonic >= firstAnswer else { return }
        // The cgroups' reading at the start may be younger than this answer. To go back in time would make every difference wrong.
        if let readAt, answer.monotonic < readAt { return }
        var counters = answer.counters
        counters.cpuLimit = counters.cpuLimit ?? info.cpuLimit
        counters.pidsLimit = counters.pidsLimit ?? info.pidsLimit
        counters.memoryLimit = counters.memoryLimit ?? info.memoryLimit
        fill(&counters, &buffer, &tally)
        restrict(&counters, hostMemory: hostMemory, &buffer, &tally)
        if !hasTraffic { counters.network = NetDevTotals() }
        reading.counters = counters
        reading.source = ReadingSource.docker.text
        reading.cpuPercent = rate.next(
            counters.cpu.map {
                CPURate.Sample(cpu: $0, instant: answer.monotonic, systemCPU: answer.systemCPU, onlineCPUs: answer.onlineCPUs)
            })
        readAt = answer.monotonic
    }

    /// The age of the counters at `now`, in monotonic nanoseconds; `nil` without counters.
    func age(at now: UInt64) -> UInt64? { readAt.map { now > $0 ? now - $0 : 0 } }

    /// Empties the counters, as this tick has no reading.
    func dropCounters() {
        reading.counters = ContainerCounters()
        reading.cpuPercent = nil
        reading.source = nil
        readAt = nil
    }

    /// Whether its rows of this run have been of this reader, or there is none yet.
    func mayBeRead(by source: ReadingSource) -> Bool { rowSource == nil || rowSource == source.text }

    /// For another run, which may have another reader.
    func forgetReader() { rowSource = nil }

    /// This container's row at the tick of `instant`, in monotonic nanoseconds.
    func row(at instant: UInt64) -> ContainerReading {
        hasRow = true
        rowSource = reading.source ?? rowSource
        reading.sampleAge = readAt.map { (Int64(clamping: instant) - Int64(clamping: $0)) / 1000 }
        return reading
    }
}

/// The values of the column `network` that name no container.
private enum ReadingNetwork {
    static let own = EncodedText("own")
    static let host = EncodedText("host")
}

/// The two values of the column `source`.
enum ReadingSource {
    case docker, cgroup

    var text: EncodedText { self == .docker ? Self.dockerText : Self.cgroupText }

    private static let dockerText = EncodedText("docker")
    private static let cgroupText = EncodedText("cgroup")
}
