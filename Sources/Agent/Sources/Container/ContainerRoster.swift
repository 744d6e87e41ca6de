import StatsCore

/// The containers that the container source reads: those of the engine's list and others that have a cgroup, or without an engine all that
/// have one, as far as they are to be recorded.
struct ContainerRoster {
    private var finder: ContainerFinder
    let census: ProcessCensus?
    private let files: BlockingFiles
    private let users: UserNames
    private(set) var readers: [ContainerReader] = []

    private let index: ContainerIndex
    private let names: NameReader?
    private var namesTaken: UInt64 = 0
    /// Whether containers were found that wait for their names.
    private var hasWaiting = false
    private let mayWalk: Bool
    private let expectsEngine: Bool
    private var generation: UInt64 = 0
    private var listed: [ContainerInfo] = []
    private var walkedAt: UInt64?
    /// When a walk was last made, or used, that may have shown the cgroups of containers which only the engine tells of.
    private var soughtAt: UInt64?
    private var others = OtherContainers()
    /// How often each container of the engine's list was started, as the index counts it.
    private var starts: [String: UInt64] = [:]
    private let watch: EndWatch?
    private let knowsPIDs: Bool
    private let hostMemory: UInt64?
    /// The last readings of containers that have ended, until the next tick tells them; the oldest first.
    private var lastReadings: [LastReading] = []
    /// The processes of containers that have ended, until somebody takes them.
    private var departed: [ProcessPast] = []

    private struct LastReading {
        var id: String
        var reading: ContainerReading
        /// Monotonic nanoseconds.
        var readAt: UInt64
    }

    /// So many ends are told in one tick, the latest; of those beyond it the row counts as a read error. A frame has room for twenty thousand rows.
    private static let mostLastReadings = 5000

    /// The shortest time between walks, in nanoseconds: a walk opens the directory of every cgroup.
    private static let shortestWalkInterval: UInt64 = 1_000_000_000

    /// The shortest time between walks for the cgroups of known containers that had none in sight, in nanoseconds.
    private static let shortestSearchInterval: UInt64 = 5_000_000_000

    /// - Parameters:
    ///   - names: reads the names of containers that no engine tells of.
    ///   - census: gives the processes' pids where their cgroups can't.
    ///   - watch: reads each container for the last time when it ends.
    ///   - expectsEngine: an engine is being asked; there are no walks until it has answered or failed.
    init(
        finder: ContainerFinder, census: ProcessCensus?, files: BlockingFiles, users: UserNames, index: ContainerIndex,
        names: NameReader? = nil, watch: EndWatch?, hostMemory: UInt64?, mayWalk: Bool, expectsEngine: Bool
    ) {
        self.watch = watch
        self.hostMemory = hostMemory
        knowsPIDs = finder.hasOwnPIDs
        self.finder = finder
        self.census = census
        self.files = files
        self.users = users
        self.index = index
        self.names = names
        self.mayWalk = mayWalk
        self.expectsEngine = expectsEngine
    }

    /// Updates the list with the changes since the last call.
    mutating func follow(at instant: UInt64, proc: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let news = index.snapshot(newerThan: generation)
        if let news { (generation, listed, starts) = news }
        let hasNames = takesNames()
        if walks {
            if let walkedAt, news == nil, !hasNames, instant &- walkedAt < Self.shortestWalkInterval { return }
            walkedAt = instant
            others = OtherContainers()
            guard let walk = finder.walk(&tally) else { return }
            let told = Set(listed.map(\.id))
            names?.follow(walk.filter { !told.contains($0.containerID) }, at: instant)
            adopt(ready(walk, at: instant).map(facts), walked: ContainerFinder.byID(walk), at: instant, proc: proc, &buffer, &tally)
        } else {
            // An engine that has come back may have the same list as before.
            var isChanged = news != nil || walkedAt != nil || hasNames
            if isChanged, mayWalk { others.note(listed: listed.map(\.id)) }
            walkedAt = nil
            var walked: [String: CgroupPath]?
            if mayWalk, index.engine == .available, others.isDue(at: instant) {
                let hadEnded = readers.contains { $0.isOther && $0.hasEnded }
                let walk = finder.walk(&tally)
                walked = walk.map(ContainerFinder.byID)
                isChanged = others.look(at: instant, walk) || hadEnded && walk != nil || isChanged
                names?.follow(others.found, at: instant)
            }
            // Those that wait for their names may have waited long enough.
            if isChanged || hasWaiting {
                adopt(listed + ready(others.found, at: instant).map(info), walked: walked, at: instant, proc: proc, &buffer, &tally)
            }
        }
    }

    /// The last readings of containers that have ended since the tick before.
    mutating func takeLastReadings(at instant: UInt64) -> [ContainerReading] {
        if lastReadings.isEmpty { return [] }
        defer { lastReadings.removeAll() }
        // A container that runs again has its row already, and a tick has one row of each container.
        var told = Set(readers.map(\.id))
        return lastReadings.reversed().filter { told.insert($0.id).inserted }.map { last in
            var reading = last.reading
            reading.sampleAge = (Int64(clamping: instant) - Int64(clamping: last.readAt)) / 1000
            return reading
        }
    }

    /// The processes that were read of containers that have ended.
    mutating func takeDeparted() -> [ProcessPast] {
        defer { departed.removeAll() }
        return departed
    }

    /// Keeps what a container's last row tells, and nothing else of it: its files are closed.
    private mutating func retire(_ reader: ContainerReader, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        departed += reader.takeAllProcesses()
        // With the engine gone, nothing is known of one that only the engine could read.
        if walks, !reader.isPlaced { return }
        let isUntold = reader.takeEnd(countsAsKernel: index.engineCountsAsKernel, hostMemory: hostMemory, &buffer, &tally)
        guard isUntold, let readAt = reader.readAt else { return }
        if lastReadings.count == Self.mostLastReadings {
            lastReadings.removeFirst()
            tally.errors += 1
        }
        lastReadings.append(LastReading(id: reader.id, reading: reader.row(at: readAt), readAt: readAt))
    }

    private var walks: Bool {
        guard mayWalk else { return false }
        switch index.engine {
        case .available: return false
        case .unavailable: return true
        case .unknown: return !expectsEngine && listed.isEmpty
        }
    }

    /// Whether names have come since the last call.
    private mutating func takesNames() -> Bool {
        guard let names else { return false }
        let generation = names.generation
        defer { namesTaken = generation }
        return generation != namesTaken
    }

    /// Those that needn't wait for their names: a container of a namespace that is left out should have no row before that is known, nor one without its pod.
    private mutating func ready(_ found: [CgroupPath], at instant: UInt64) -> [CgroupPath] {
        guard let names else { return found }
        let known = Set(readers.map(\.id))
        let ready = found.filter { known.contains($0.containerID) || !names.isAwaited($0.containerID, at: instant) }
        hasWaiting = ready.count < found.count
        return ready
    }

    /// What the engine said of a container before it went away, or else what its cgroup's path says.
    private func facts(_ found: CgroupPath) -> ContainerInfo { listed.first { $0.id == found.containerID } ?? info(found) }

    /// What a cgroup's path says of a container, and the names that files tell.
    private func info(_ found: CgroupPath) -> ContainerInfo {
        var info = ContainerInfo(
            id: found.containerID, name: found.isNamed ? found.containerID : "", image: "",
            labels: found.podUID.map { [DeploymentNames.podUIDLabel: $0] } ?? [:], state: "")
        info.holdsPod = found.holdsPod
        if let told = names?.names(of: found.containerID) { info.take(told) }
        return info
    }

    /// - Parameters:
    ///   - containers: of several with one id the first counts.
    ///   - walked: what the last walk has found, by id; `nil` without one.
    private mutating func adopt(
        _ containers: [ContainerInfo], walked: [String: CgroupPath]?, at instant: UInt64, proc: String, _ buffer: inout ReadBuffer,
        _ tally: inout ReadTally
    ) {
        var walked = walked
        let maySeek = soughtAt.map { instant &- $0 >= Self.shortestSearchInterval } ?? true
        var told: Set<String> = []
        let known = Dictionary(readers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let leftOut = Set(containers.filter { !index.filter.records($0) }.map(\.id))
        readers = containers.filter { !leftOut.contains($0.id) && told.insert($0.id).inserted }.map { info in
            // The open files of an earlier start are of no use.
            guard let reader = known[info.id], reader.isOf(start: starts[info.id] ?? 0, pid: info.initPID) else {
                let location = finder.location(of: info.id, initPID: info.initPID, &walked, &buffer, &tally)
                return begin(info, at: location, replacing: known[info.id], proc: proc, &buffer, &tally)
            }
            let isPIDNew = reader.info.initPID == nil
            if info.initPID != nil || info.names != nil { reader.update(info) }
            // In a walk, a cgroup that exists again after it had been removed, or that has processes again, also means a restart.
            let isAlive = !(reader.hasEnded && (walks || reader.isOther && walked != nil)) || reader.isEmpty(&buffer)
            if isAlive, reader.isPlaced || info.initPID == nil { return reader }
            // Where only the engine tells of a container, its cgroup may still come in sight.
            var none: [String: CgroupPath]? = [:]
            let mayWalk = !isAlive || isPIDNew || maySeek || walked != nil
            let location =
                mayWalk
                ? finder.location(of: info.id, initPID: info.initPID, &walked, &buffer, &tally)
                : finder.location(of: info.id, initPID: info.initPID, &none, &buffer, &tally)
            if isAlive, location.isEmpty { return reader }
            return begin(info, at: location, replacing: reader, proc: proc, &buffer, &tally)
        }
        if walked != nil { soughtAt = instant }
        let found = walks ? [] : Set(others.found.map(\.containerID))
        for reader in readers { reader.isOther = found.contains(reader.id) }
        for reader in readers {
            reader.findFirst(finder, &buffer)
            if let watch { reader.watch(by: watch, finder, knowsPIDs: knowsPIDs, &buffer, &tally) }
        }
        let owners = NetworkOwners(readers.lazy.map(\.networkMember), host: finder.hostNetwork)
        for reader in readers {
            reader.use(owners.network(of: reader.networkMember))
            reader.openNetwork(proc: proc, &tally)
        }
        let current = Set(readers.map(ObjectIdentifier.init))
        for reader in known.values where !current.contains(ObjectIdentifier(reader)) && !leftOut.contains(reader.id) {
            retire(reader, &buffer, &tally)
        }
    }

    private func begin(
        _ info: ContainerInfo, at location: CgroupLocation, replacing earlier: ContainerReader?, proc: String,
        _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) -> ContainerReader {
        let above = finder.above(location, &buffer, &tally)
        return ContainerReader(
            info, at: location, below: above, proc: proc, census: census, files: files, users: users, start: starts[info.id] ?? 0,
            replacing: earlier,
            &tally)
    }
}
