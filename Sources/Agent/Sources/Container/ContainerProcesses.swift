import StatsCore

/// The processes of one container: notices new and ended ones, and reads each.
final class ContainerProcesses {
    private let proc: String
    private let container: String
    private let cgroup: CgroupProcesses
    private let census: ProcessCensus?
    private let files: BlockingFiles
    private let users: UserNames
    private var readers: [Int32: ProcessReader] = [:]
    private var round: UInt64 = 0
    private var pids: [Int32] = []
    /// Those that aren't there any more, until somebody takes them.
    private var departed: [ProcessPast] = []

    /// - Parameter census: gives the pids where `cgroup` has those of another pid namespace.
    init(
        proc: String, container: String, _ cgroup: CgroupProcesses, census: ProcessCensus?, files: BlockingFiles, users: UserNames
    ) {
        self.proc = proc
        self.container = container
        self.cgroup = cgroup
        self.census = census
        self.files = files
        self.users = users
    }

    /// Reads every process and hands it to `body`.
    ///
    /// - Parameter tally: `isGone` when the container's cgroup has been removed.
    func read(
        hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally, _ body: (ProcessReader) -> Void
    ) {
        list(&buffer, &tally)
        round += 1
        var listed = 0
        for pid in pids {
            // A process that moved between two cgroups during the reading is listed in both.
            if let known = readers[pid], known.round == round { continue }
            guard let reader = read(pid, hostMemory, &buffer, &tally) else { continue }
            reader.round = round
            listed += 1
            body(reader)
        }
        if listed < readers.count {
            depart { $0.round != round }
            readers = readers.filter { $0.value.round == round }
        }
    }

    private func depart(where isGone: (ProcessReader) -> Bool) {
        for reader in readers.values where isGone(reader) { departed.append(reader.past) }
    }

    /// The processes that were read and aren't there any more.
    func takeDeparted() -> [ProcessPast] {
        defer { departed.removeAll() }
        return departed
    }

    /// All processes, when the container isn't read any more.
    func takeAll() -> [ProcessPast] {
        depart { _ in true }
        readers.removeAll()
        return takeDeparted()
    }

    /// Calls `body` with the reader of each process.
    func forEachReader(_ body: (ProcessReader) -> Void) { readers.values.forEach(body) }

    /// Lists the processes without reading them.
    func list(_ buffer: inout ReadBuffer) -> [Int32] {
        var own = ReadTally()
        list(&buffer, &own)
        return pids
    }

    /// With a census the cgroup is still read, since only that shows whether it exists.
    private func list(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        pids.removeAll(keepingCapacity: true)
        cgroup.read(into: &pids, &buffer, &tally)
        if let census { pids = census.pids(of: container) }
    }

    /// Writes the event of every process once more.
    func forgetAnnouncements() {
        for reader in readers.values { reader.isAnnounced = false }
    }

    private func read(_ pid: Int32, _ hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> ProcessReader? {
        if let reader = readers[pid] {
            if case .read = reader.read(hostMemory: hostMemory, &buffer, &tally) { return reader }
            // It is listed, but its open files are dead: another process has the pid now.
            departed.append(reader.past)
        }
        var own = ReadTally()
        let reader = ProcessReader("\(proc)/\(pid)", files, users, &own)
        let outcome = reader.read(hostMemory: hostMemory, &buffer, &own)
        own.isGone = false
        tally.add(own)
        guard case .read = outcome else {
            readers[pid] = nil
            return nil
        }
        readers[pid] = reader
        return reader
    }
}
