import StatsCore

/// One container of the container source: its names, its files, and its last reading.
final class ContainerReader {
    let id: String
    private(set) var info: ContainerInfo
    private(set) var reading = ContainerReading()
    private(set) var processes: ContainerProcesses?
    /// Whether its cgroup has been removed or its processes have ended. Then the last reading is all that there will be.
    var hasEnded = false
    /// Whether the engine doesn't know it, so that only its cgroup can be read.
    var isOther = false
    private var told: ToldRows
    private var cgroups: ContainerCgroups
    private var end: CgroupEnd?
    private var first: FirstProcess?
    private var network: ContainerNetwork?
    private var rate = CPURate()
    /// When the counters in `reading` were read, monotonic nanoseconds; `nil` before the first reading.
    private(set) var readAt: UInt64?
    /// Which of the container's starts it is, as `ContainerIndex` counts them.
    private(set) var start: UInt64
    /// Answers that are older are of an earlier start of the container, monotonic nanoseconds.
    private let firstAnswer: UInt64

    /// - Parameters:
    ///   - above: the cgroups above its own.
    ///   - earlier: the reader that this one replaces: of an earlier start of this container, of which the engine's last answer may be, or of the same
    ///     start before its cgroups were found.
    init(
        _ info: ContainerInfo, at location: CgroupLocation, below above: [AncestorCgroup], proc: String, census: ProcessCensus?,
        files: BlockingFiles, users: UserNames, start: UInt64, replacing earlier: ContainerReader?, _ tally: inout ReadTally
    ) {
        id = info.id
        self.start = start
        if let earlier, earlier.start == start, earlier.info.initPID == info.initPID {
            firstAnswer = earlier.firstAnswer
            told = ToldRows(continuing: earlier.told)
        } else {
            firstAnswer = earlier?.hasReading ?? false ? Clocks.monotonic() : 0
            told = ToldRows()
        }
        cgroups = ContainerCgroups(at: location, below: above)
        self.info = info
        if let directory = location.processes {
            processes = ContainerProcesses(
                proc: proc, container: info.id, CgroupProcesses(directory, &tally), census: census, files: files, users: users)
        }
        reading.containerID = EncodedText(info.id)
        encode(info)
    }

    var hasReading: Bool { readAt != nil }
    /// Whether a row of it has been written.
    var hasRow: Bool { told.hasRow }
    /// Whether its cgroups have been found.
    var isPlaced: Bool { cgroups.isPlaced }
    /// Whether its cgroups tell what it uses.
    var isReadable: Bool { cgroups.isReadable }

    /// Whether it is of this start of the container. One that a walk has found before the engine told of it is, if its processes began with the engine's, and takes over the number.
    ///
    /// - Parameter pid: of the first process, as the engine tells it.
    func isOf(start: UInt64, pid: Int32?) -> Bool {
        if start != self.start {
            guard self.start == 0, !hasEnded, pid == nil || pid == first?.pid else { return false }
            self.start = start
        }
        // Another first process means that the container was restarted.
        return info.initPID == nil || pid == nil || info.initPID == pid
    }

    /// Whether its cgroup is still there and holds no process, as that of an ended container may for a while.
    func isEmpty(_ buffer: inout ReadBuffer) -> Bool { cgroups.isEmpty(&buffer) }

    /// Looks for its first process, unless it has been found: the engine's, or the one that was started before all others.
    func findFirst(_ finder: ContainerFinder, _ buffer: inout ReadBuffer) {
        // One that was found before the engine told of it may be another.
        guard first == nil || info.initPID.map({ $0 != first?.pid && finder.firstProcess($0, of: info, &buffer) != nil }) ?? false else {
            return
        }
        first = nil
        if let pid = info.initPID { first = finder.firstProcess(pid, of: info, &buffer) }
        for pid in first == nil ? processes?.list(&buffer) ?? [] : [] {
            guard let process = finder.process(pid, &buffer) else { continue }
            if let first, first.started ?? .max <= process.started ?? .max { continue }
            first = process
        }
        reading.started = first?.started
    }

    /// Has its end watched from now on.
    ///
    /// - Parameter knowsPIDs: whether pids are those of this agent's own namespace.
    func watch(by watch: EndWatch, _ finder: ContainerFinder, knowsPIDs: Bool, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        guard end == nil, !hasEnded, let files = cgroups.open(&tally) else { return }
        let first = first
        var copy = ReadBuffer(capacity: 4096)
        end = watch.watch(
            files, pid: knowsPIDs ? first?.pid : nil,
            isFirst: { first.flatMap { finder.process($0.pid, &copy) }.map { $0.started == first?.started } ?? false },
            directory: cgroups.location.unified)
    }

    /// Makes its last reading the one of its last row.
    ///
    /// - Parameter countsAsKernel: whether the engine's counters, if its rows have those, are the kernel's.
    /// - Returns: whether there is a reading that no row tells.
    func takeEnd(countsAsKernel: Bool, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        if let last = end?.last, last.instant > readAt ?? 0, mayBeRead(by: .cgroup) || countsAsKernel {
            let elapsed = last.instant &- (readAt ?? 0)
            take(last.counters, at: last.instant, hostMemory: hostMemory, &buffer, &tally)
            if elapsed < CPURate.shortest { reading.cpuPercent = nil }
        }
        if !info.state.isEmpty { reading.state = ReadingState.exited }
        return told.lacks(readingAt: readAt)
    }

    /// Whether it has ended, as its cgroup or its first process shows.
    func isOver(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        if hasEnded { return true }
        guard let end, end.isOver else { return false }
        let (pids, own) = cgroups.listProcesses(&buffer)
        tally.errors += own.errors
        // What can't be read says nothing: the next tick asks again.
        guard !pids.isEmpty || own.errors == 0 else { return false }
        if pids.isEmpty {
            hasEnded = true
            return true
        }
        // The process that was found first had begun the container's, as a runtime's own does, and the container goes on.
        self.end = nil
        first = nil
        return false
    }

    /// For `NetworkOwners`.
    var networkMember: NetworkOwners.Member {
        NetworkOwners.Member(id: id, told: info.network, namespace: first?.namespace, started: first?.started)
    }

    /// Takes over whose network it uses.
    func use(_ network: ContainerNetwork?) {
        guard network != self.network else { return }
        self.network = network
        reading.network = network?.text
    }

    /// Whether the traffic of its interfaces is a container's. If nobody says whose it is, no traffic is better than the host's.
    private var hasTraffic: Bool { network != nil && network != .host }

    /// Takes over the facts that an engine or files tell. Texts are encoded here, so that ticks needn't do it.
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
        reading.toldBy = info.names?.text
    }

    /// A name that nobody tells is absent, not empty.
    private static func text(_ text: String) -> EncodedText? { text.isEmpty ? nil : EncodedText(text) }

    /// Reads the counters from the cgroups.
    ///
    /// - Parameter isWhole: whether everything is read, also what can't have changed since the last reading.
    /// - Returns: `false` when they don't exist, or no longer, or tell nothing; the last reading is then left unchanged.
    func readCgroup(isWhole: Bool, proc: String, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        guard !hasEnded, cgroups.open(&tally) != nil else { return false }
        openNetwork(proc: proc, &tally)
        var counters = ContainerCounters()
        switch cgroups.read(isWhole: isWhole, into: &counters, &buffer, &tally) {
        case .read(let now): take(counters, at: now, hostMemory: hostMemory, &buffer, &tally)
        case .silent: return false
        case .gone:
            hasEnded = true
            return false
        }
        return true
    }

    /// Opens its interfaces' counters, if its files are open: for its last reading, also where the engine tells all others.
    func openNetwork(proc: String, _ tally: inout ReadTally) {
        guard hasTraffic, let first, first.pid > 0 else { return }
        cgroups.openNetwork(of: "\(proc)/\(first.pid)", &tally)
    }

    /// Takes over a reading of the cgroups.
    private func take(
        _ counters: ContainerCounters, at now: UInt64, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) {
        var counters = counters
        if !hasTraffic { counters.network = NetDevTotals() }
        cgroups.restrict(&counters, hostMemory: hostMemory, &buffer, &tally)
        reading.counters = counters
        reading.source = ReadingSource.cgroup.text
        reading.cpuPercent = rate.next(counters.cpu.map { CPURate.Sample(cpu: $0, instant: now) })
        readAt = now
    }

    /// What the engine doesn't tell is the kernel's, read now.
    private func fill(_ counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        var kernel = ContainerCounters()
        if case .read = cgroups.read(into: &kernel, &buffer, &tally) { counters.fill(from: kernel) }
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
        cgroups.restrict(&counters, hostMemory: hostMemory, &buffer, &tally)
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

    /// Its processes that were read and aren't there any more.
    func takeDepartedProcesses() -> [ProcessPast] { named(processes?.takeDeparted() ?? []) }

    /// All its processes, when it isn't read any more.
    func takeAllProcesses() -> [ProcessPast] { named(processes?.takeAll() ?? []) }

    /// One that was never in a tick has no names yet.
    private func named(_ processes: [ProcessPast]) -> [ProcessPast] {
        processes.map { process in
            var process = process
            (process.reading.containerID, process.reading.container) = (reading.containerID, reading.container)
            return process
        }
    }

    /// Empties the counters, as this tick has no reading.
    func dropCounters() {
        reading.counters = ContainerCounters()
        reading.cpuPercent = nil
        reading.source = nil
        readAt = nil
    }

    /// Whether its rows of this run have been of this reader, or there is none yet.
    func mayBeRead(by source: ReadingSource) -> Bool { told.mayBe(by: source) }

    /// For another run, which may have another reader.
    func forgetReader() { told.forgetSource() }

    /// This container's row at the tick of `instant`, in monotonic nanoseconds.
    func row(at instant: UInt64) -> ContainerReading {
        told.note(readAt: readAt, by: reading.source)
        end?.hasRow()
        reading.sampleAge = readAt.map { (Int64(clamping: instant) - Int64(clamping: $0)) / 1000 }
        return reading
    }
}
