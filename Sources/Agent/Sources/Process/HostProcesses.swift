import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// All processes of a host: notices new and ended ones by listing `/proc`, tells whose each is, and reads those that are wanted.
///
/// Confined to one thread.
final class HostProcesses {
    private let roots: KernelRoots
    private let choice: ProcessChoice
    private let files: BlockingFiles
    private let users: UserNames
    private let hostMemory: UInt64?
    private let cores: UInt64
    /// Whether this agent's cgroup namespace isn't the host's.
    private let hasOwnNamespace: Bool
    /// When the first process may have been started that is none of Sonde's own, in microseconds since boot.
    private let since: UInt64
    private let descendants: Descendants
    private var loadavg: OptionalFile
    private var reclaim: ReclaimWatch
    private var readers: [Int32: ProcessReader] = [:]
    private var others: [Int32: Other] = [:]
    /// Those of the present round.
    private var list = ProcessList()
    private var round: UInt64 = 0
    /// Those that aren't there any more, until somebody takes them.
    private var departed: [ProcessPast] = []
    /// The parents of those whose cgroup was looked up in the present round; `nil` beside that of a container's.
    private var placed: [(parent: UInt64, child: ProcessReader?)] = []
    /// Those of `others` that have ended since the round before.
    private var departedOthers: [Int32: Other] = [:]

    /// A process that isn't read.
    private struct Other {
        enum Reason {
            case kernelThread
            /// Its container is the container source's, or is left out.
            case container
            /// It is in none of the units whose processes are recorded.
            case outside
            /// It matches no pattern.
            case unwanted
        }

        let reason: Reason
        /// Of its directory: a pid that is used again has another.
        let inode: UInt64
        /// In how many rounds, since it was first seen.
        var passedOver: UInt64
        /// Of one that matches no pattern: what a child that nobody sees alive has from it.
        var unit: EncodedText?
        var movesChildren = false

        /// Whether it is looked at again: a new process may be given its cgroup and its program only a moment after its start, and anybody may run another
        /// program at any time.
        mutating func isDue() -> Bool {
            passedOver += 1
            return passedOver.nonzeroBitCount == 1 || passedOver.isMultiple(of: 64)
        }
    }

    /// For so long after its start it is looked again in which cgroup a process is, µs: whoever starts one moves it there behind its start.
    private static let settlingTime: UInt64 = 10_000_000

    init(roots: KernelRoots, _ choice: ProcessChoice, files: BlockingFiles) {
        self.roots = roots
        self.choice = choice
        self.files = files
        users = UserNames(roots: roots)
        hostMemory = roots.hostMemory
        cores = UInt64(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))
        var first = ReadBuffer(capacity: 4096)
        let isRead = (try? KernelFile.readOnce("\(roots.proc)/1/cgroup", into: &first)) != nil
        hasOwnNamespace = isRead && PidCgroup(parsing: first.bytes).unified?.hasPrefix("/..") == true
        since = CommandTree.since(roots, &first)
        descendants = Descendants(proc: roots.proc)
        var tally = ReadTally()
        loadavg = OptionalFile(roots.proc, "loadavg", &tally)
        reclaim = ReclaimWatch(roots: roots)
    }

    /// How many are passed over because they match no pattern.
    var unwanted: UInt64 { UInt64(others.count { $0.value.reason == .unwanted && readers[$0.key] == nil }) }

    /// Writes the event of every process once more.
    func forgetAnnouncements() {
        for reader in readers.values { reader.isAnnounced = false }
    }

    /// Reads every process that is to be recorded, and hands it to `body`.
    func read(_ buffer: inout ReadBuffer, _ tally: inout ReadTally, _ body: (ProcessReader) -> Void) {
        round += 1
        guard list.read(roots.proc) else {
            tally.errors += 1
            return
        }
        let isCrowded = isCrowded(&buffer, &tally)
        let isReclaiming = reclaim.hasReclaimed(&buffer, &tally)
        for (pid, inode) in list.pids {
            if passesOver(pid, inode) { continue }
            var doubt: ProcessReader.Doubt = isCrowded ? .state : []
            // Of those that rest a part is looked at all the same, each in its turn: other processes may change their memory, too.
            if isReclaiming || UInt64(pid) % Self.turns == round % Self.turns { doubt.insert(.memory) }
            guard let reader = read(pid, inode, doubt, &buffer, &tally) else { continue }
            reader.round = round
            body(reader)
            if reader.isWanted == true { others[pid] = nil }
        }
        compareWithParents()
        for reader in readers.values where reader.round != round { departed.append(reader.past) }
        departedOthers = others.filter { !list.living.contains(UInt64($0.key)) }
        readers = readers.filter { $0.value.round == round }
        others = others.filter { list.living.contains(UInt64($0.key)) }
    }

    /// The processes that were read at a tick before and aren't there any more.
    func takeDeparted() -> [ProcessPast] {
        defer { departed.removeAll(keepingCapacity: true) }
        return departed
    }

    /// The reader of a process that is read, or was at the tick before.
    func reader(_ pid: UInt32) -> ProcessReader? { readers[Int32(truncatingIfNeeded: pid)] }

    /// What is recorded of a process that nobody has seen alive.
    ///
    /// A child is in its parent's cgroup, unless the parent is one that moves its children.
    /// - Parameter past: of a process that has ended of late.
    /// - Returns: `nil` for a container's, and for those that are passed over.
    func reading(of exit: ProcessExit, _ lastRows: LastRows) -> (reading: ProcessReading, isWanted: Bool)? {
        var reading = ProcessReading()
        reading.user = users.name(of: UInt64(exit.thread.uid))
        switch other(exit.pid)?.reason {
        case .unwanted?: return (reading, false)
        case .container?, .outside?, .kernelThread?: return nil
        case nil: break
        }
        if list.living.contains(UInt64(exit.pid)) { return nil }
        for (place, pid) in lastRows.ancestors(of: exit).enumerated() {
            if let known = self.reader(pid) {
                reading.unit = known.movesChildren ? nil : known.reading.unit
                return (reading, true)
            }
            if let known = lastRows.past(pid) {
                reading.unit = known.movesChildren ? nil : known.reading.unit
                return (reading, true)
            }
            switch other(pid)?.reason {
            case .container?, .outside?: return nil
            case .kernelThread?: return place == 0 && exit.thread.isForked && !choice.kernelThreads ? nil : (reading, true)
            case .unwanted?:
                reading.unit = other(pid).flatMap { $0.movesChildren ? nil : $0.unit }
                return (reading, true)
            case nil: continue
            }
        }
        return (reading, true)
    }

    private func other(_ pid: UInt32) -> Other? {
        let pid = Int32(truncatingIfNeeded: pid)
        return others[pid] ?? departedOthers[pid]
    }

    /// Whether a process needn't be looked at now.
    private func passesOver(_ pid: Int32, _ inode: UInt64) -> Bool {
        if let reader = readers[pid] {
            guard reader.isWanted == false else { return false }
            forget(pid, inode, .unwanted)
        }
        guard var other = others[pid] else { return false }
        let isDue = other.inode != inode || other.isDue()
        others[pid] = other.inode == inode ? other : nil
        return !isDue
    }

    /// - Returns: `nil` when it isn't to be recorded, or has ended.
    private func read(
        _ pid: Int32, _ inode: UInt64, _ doubt: ProcessReader.Doubt, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) -> ProcessReader? {
        if let known = readers[pid] {
            // One that has slept for long and waits for a core just now is seen as soon as it gets one: to look for it would cost a reading of all.
            var doubt = doubt
            if !known.isLively { doubt.remove(.state) }
            if !(known.reading.stat.ppid.map { list.living.contains($0) } ?? false) { doubt.insert(.state) }
            if case .read = known.read(hostMemory: hostMemory, doubting: doubt, &buffer, &tally) {
                if !known.isSettled || UInt64(pid) % Self.cgroupTurns == round % Self.cgroupTurns { settle(known, pid, inode, &buffer) }
                return readers[pid]
            }
            departed.append(known.past)
            readers[pid] = nil
        }
        var own = ReadTally()
        let reader = ProcessReader("\(roots.proc)/\(pid)", files, users, &own)
        let outcome = reader.read(hostMemory: hostMemory, &buffer, &own)
        own.isGone = false
        tally.add(own)
        guard case .read = outcome else { return nil }
        if reader.reading.stat.isKernelThread, !choice.kernelThreads {
            forget(pid, inode, .kernelThread)
            return nil
        }
        readers[pid] = reader
        settle(reader, pid, inode, &buffer)
        return readers[pid]
    }

    /// Looks in which cgroup a process is.
    private func settle(_ reader: ProcessReader, _ pid: Int32, _ inode: UInt64, _ buffer: inout ReadBuffer) {
        if let start = reader.reading.stat.start, Clocks.monotonic() / 1000 &- start > Self.settlingTime { reader.isSettled = true }
        guard (try? KernelFile.readOnce("\(reader.directory)/cgroup", into: &buffer)) != nil else { return }
        let cgroup = PidCgroup(parsing: buffer.bytes)
        let isContained = cgroup.container != nil || isOwnContainer(cgroup)
        let isOfCommand = !isContained && isOfCommand(reader, &buffer)
        if !isContained {
            // The command of another `sonde record` is no unit here: its processes belong to the one in which that runs.
            let unit = isOfCommand ? UnitPath.command : cgroup.unit(recorder: choice.command?.launcher)
            reader.name(unit: unit.map { EncodedText($0) })
        }
        if let parent = reader.reading.stat.ppid { placed.append((parent, isContained ? nil : reader)) }
        if isContained { return forget(pid, inode, .container) }
        if choice.scope == .units, !isOfCommand, !choice.units.covers(cgroup) { forget(pid, inode, .outside) }
    }

    /// Whether it descends from `sonde record`, whose command may have no cgroup of its own. The collector and this agent descend from it, too, and are older.
    private func isOfCommand(_ reader: ProcessReader, _ buffer: inout ReadBuffer) -> Bool {
        guard let launcher = choice.command?.launcher else { return false }
        var (above, start) = (reader.reading.stat.ppid, reader.reading.stat.start)
        for _ in 0..<Self.mostGenerations {
            guard let pid = above.flatMap({ Int32(exactly: $0) }), pid > 1 else { return false }
            if pid == launcher { return start.map { $0 >= since } ?? false }
            guard let parent = descendants.stat(pid, &buffer) else { return false }
            (above, start) = (parent.ppid, parent.start)
        }
        return false
    }

    /// Ends the climb should pids be used anew meanwhile.
    private static let mostGenerations = 64

    /// Finds out who moves its children, when all of a round have been placed.
    private func compareWithParents() {
        for (parent, child) in placed {
            let pid = Int32(truncatingIfNeeded: parent)
            guard let unit = readers[pid].map({ $0.reading.unit }) ?? others[pid].map({ $0.unit }) else { continue }
            guard child.map({ $0.reading.unit != unit }) ?? true else { continue }
            readers[pid]?.movesChildren = true
            others[pid]?.movesChildren = true
        }
        placed.removeAll(keepingCapacity: true)
    }

    /// Where this agent has a cgroup namespace of its own, paths of other processes begin with `/..`. Source: cgroup_namespaces(7).
    private func isOwnContainer(_ cgroup: PidCgroup) -> Bool {
        guard let path = cgroup.unified, hasOwnNamespace else { return false }
        return !path.hasPrefix("/..")
    }

    private func forget(_ pid: Int32, _ inode: UInt64, _ reason: Other.Reason) {
        let reader = reason == .unwanted ? readers[pid] : nil
        readers[pid] = nil
        let before = others[pid].flatMap { $0.inode == inode ? $0 : nil }
        others[pid] = Other(
            reason: reason, inode: inode, passedOver: before?.passedOver ?? 0, unit: reader?.reading.unit ?? nil,
            movesChildren: reader?.movesChildren ?? false || before?.movesChildren ?? false)
    }

    /// Whether processes wait for a core, so that the state of one that hasn't run may be another all the same.
    private func isCrowded(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        guard loadavg.read(into: &buffer, &tally) else { return true }
        return LoadAverage(parsing: buffer.bytes).runnable.map { $0 > cores } ?? true
    }

    /// In how many ticks it is looked once in which cgroup an older process is: a login moves it into the session's.
    private static let cgroupTurns: UInt64 = 64
    /// In how many ticks the memory of each process that rests is read once.
    private static let turns: UInt64 = 4
}
