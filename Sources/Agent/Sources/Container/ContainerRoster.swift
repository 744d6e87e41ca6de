import StatsCore

/// The containers that the container source follows: those of the engine's list, or of the cgroup tree when there is no engine, that are
/// to be recorded.
struct ContainerRoster {
    let finder: ContainerFinder
    let census: ProcessCensus?
    private(set) var readers: [ContainerReader] = []
    /// The ids of `readers`, for the engine.
    private(set) var ids: [String] = []

    private let index: ContainerIndex
    private let mayWalk: Bool
    private let expectsEngine: Bool
    private var generation: UInt64 = 0
    private var listed: [ContainerInfo] = []
    private var walkedAt: UInt64?
    private var ended: [ContainerReader] = []

    /// A walk opens every cgroup's directory: not at every tick of a short interval. Nanoseconds.
    private static let shortestWalkInterval: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - census: who knows the processes' pids where their cgroups don't.
    ///   - expectsEngine: an engine is being asked, and until it has answered or failed nobody walks.
    init(finder: ContainerFinder, census: ProcessCensus?, index: ContainerIndex, mayWalk: Bool, expectsEngine: Bool) {
        self.finder = finder
        self.census = census
        self.index = index
        self.mayWalk = mayWalk
        self.expectsEngine = expectsEngine
    }

    /// Takes over what has changed since the last call.
    mutating func follow(at instant: UInt64, proc: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let news = index.snapshot(newerThan: generation)
        if let news { (generation, listed) = news }
        if walks {
            if let walkedAt, news == nil, instant &- walkedAt < Self.shortestWalkInterval { return }
            walkedAt = instant
            adopt(walk(), proc: proc, &buffer, &tally)
        } else if news != nil || walkedAt != nil {
            walkedAt = nil
            adopt(listed, proc: proc, &buffer, &tally)
        }
    }

    /// The last readings of containers that ended before they had a row.
    mutating func takeFarewells(at instant: UInt64) -> [ContainerReading] {
        if ended.isEmpty { return [] }
        defer { ended.removeAll() }
        return ended.map { $0.row(at: instant) }
    }

    private var walks: Bool {
        guard mayWalk else { return false }
        switch index.engine {
        case .available: return false
        case .unavailable: return true
        case .unknown: return !expectsEngine && listed.isEmpty
        }
    }

    /// The containers of the tree, with what the engine said of them while it was there.
    private func walk() -> [ContainerInfo] {
        finder.walk().map { found in
            listed.first { $0.id == found.containerID }
                ?? ContainerInfo(
                    id: found.containerID, name: "", image: "",
                    labels: found.podUID.map { [DeploymentNames.podUIDLabel: $0] } ?? [:], state: "", usesHostNetwork: false)
        }
    }

    private mutating func adopt(_ containers: [ContainerInfo], proc: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let known = Dictionary(readers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let leftOut = Set(containers.filter { !index.filter.records($0) }.map(\.id))
        readers = containers.filter { !leftOut.contains($0.id) }.map { info in
            // Another first process: the container was started anew, and all that was open belongs to its earlier life.
            if let reader = known[info.id], reader.info.initPID == nil || info.initPID == nil || reader.info.initPID == info.initPID {
                if info.initPID != nil { reader.update(info) }
                // On a walk a cgroup that is there again, after it had gone, is a new life too.
                let isAlive = !(reader.hasEnded && walks)
                if isAlive, reader.isPlaced || info.initPID == nil { return reader }
            }
            return begin(info, proc: proc, &buffer, &tally)
        }
        ids = readers.map(\.id)
        let current = Set(readers.map(ObjectIdentifier.init))
        ended += known.values.filter {
            !current.contains(ObjectIdentifier($0)) && $0.hasReading && !$0.hasRow && !leftOut.contains($0.id)
        }
    }

    private func begin(_ info: ContainerInfo, proc: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> ContainerReader {
        var info = info
        let location = finder.location(of: info.id, initPID: info.initPID, &buffer)
        let reader = ContainerReader(info, at: location, proc: proc, census: census, &tally)
        guard info.initPID == nil, let pid = reader.firstPID(&buffer, &tally) else { return reader }
        // Nobody has said whose network it has. Where the kernel doesn't either, no traffic is better than the host's.
        info.usesHostNetwork = finder.usesHostNetwork(pid) ?? true
        reader.update(info)
        return reader
    }
}
