import StatsCore

/// The cgroups of one container: its own, whose counters are read, and those above it, whose limits hold for it as well.
struct ContainerCgroups {
    enum Outcome {
        /// In monotonic nanoseconds.
        case read(at: UInt64)
        /// They tell nothing of what the container uses.
        case silent
        /// They have been removed.
        case gone
    }

    let location: CgroupLocation
    private let above: [AncestorCgroup]
    /// Whether they tell what the container uses. The first reading shows it, and it stays so: a container's reader doesn't change from tick to tick.
    private(set) var isReadable: Bool
    private var isChecked = false
    /// Opened by whoever reads them first.
    private var files: CgroupFiles?

    init(at location: CgroupLocation, below above: [AncestorCgroup]) {
        self.location = location
        self.above = above
        isReadable = !location.isEmpty
    }

    /// Whether they have been found.
    var isPlaced: Bool { !location.isEmpty }

    /// Their open files.
    /// - Returns: `nil` where they tell nothing.
    mutating func open(_ tally: inout ReadTally) -> CgroupFiles? {
        guard isReadable else { return nil }
        if files == nil, isPlaced {
            var own = ReadTally()
            files = CgroupFiles(location, &own)
            own.isGone = false
            tally.add(own)
        }
        return files
    }

    /// Opens the counters of the network namespace that a process is in, if the files are open.
    /// - Parameter process: its directory below `/proc`.
    func openNetwork(of process: String, _ tally: inout ReadTally) { files?.openNetwork(of: process, &tally) }

    /// Reads the counters.
    /// - Parameter isWhole: whether everything is read, also what can't have changed since the last reading.
    mutating func read(
        isWhole: Bool = true, into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) -> Outcome {
        guard let files = open(&tally) else { return .silent }
        guard let now = files.read(isWhole: isWhole, into: &counters, &buffer, &tally) else { return .gone }
        if !isChecked { isReadable = counters.tellsUse }
        isChecked = true
        return isReadable ? .read(at: now) : .silent
    }

    /// Lowers limits to those of the cgroups above, and to what the host has.
    func restrict(_ counters: inout ContainerCounters, hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let now = Clocks.monotonic()
        for cgroup in above { cgroup.restrict(&counters, at: now, &buffer, &tally) }
        counters.capMemoryLimit(at: hostMemory)
    }

    /// The processes in its own cgroup and below, as of now.
    /// - Returns: with what went wrong.
    func listProcesses(_ buffer: inout ReadBuffer) -> (pids: [Int32], tally: ReadTally) {
        var pids: [Int32] = []
        var tally = ReadTally()
        if let directory = location.processes { CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally) }
        return (pids, tally)
    }

    /// Whether its own cgroup is still there and holds no process, as that of an ended container may for a while.
    func isEmpty(_ buffer: inout ReadBuffer) -> Bool {
        guard location.exists, location.processes != nil else { return false }
        let (pids, tally) = listProcesses(&buffer)
        return pids.isEmpty && tally.errors == 0 && !tally.isGone
    }
}
