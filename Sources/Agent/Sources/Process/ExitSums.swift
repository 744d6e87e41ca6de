import StatsCore

/// Makes of the kernel's message for each thread one exit for each process.
///
/// The message with the last of several threads has the CPU time of all of them, and of all else the last thread's own: so the threads' are summed up here. Threads end on
/// many cores at once, and another one's message may come behind the last one's; so a process of several threads has a moment (`settling`).
struct ExitSums {
    private struct Group {
        var last: TaskStats
        var user: UInt64 = 0
        var system: UInt64 = 0
        var onCore: UInt64 = 0
        var minorFaults: UInt64 = 0
        var majorFaults: UInt64 = 0
        var io = PidIO()
        var peakResident: UInt64 = 0
        var first: TaskStats?
        /// When the message of the first thread came, monotonic nanoseconds.
        var firstEnded: UInt64 = 0
        var whole: TaskStats?
        /// When that of the last one came, by both clocks, nanoseconds.
        var ended: (monotonic: UInt64, awake: UInt64)?

        init(_ thread: TaskStats) { last = thread }

        mutating func add(_ thread: TaskStats, at now: UInt64) {
            user = user.saturatingAdding(thread.user)
            system = system.saturatingAdding(thread.system)
            onCore = onCore.saturatingAdding(thread.onCore)
            minorFaults = minorFaults.saturatingAdding(thread.minorFaults)
            majorFaults = majorFaults.saturatingAdding(thread.majorFaults)
            func add(_ sum: inout UInt64?, _ value: UInt64) { sum = (sum ?? 0).saturatingAdding(value) }
            add(&io.readChars, thread.readChars)
            add(&io.writeChars, thread.writeChars)
            add(&io.readCalls, thread.readCalls)
            add(&io.writeCalls, thread.writeCalls)
            add(&io.readBytes, thread.readBytes)
            add(&io.writeBytes, thread.writeBytes)
            add(&io.cancelledWriteBytes, thread.cancelledWriteBytes)
            peakResident = max(peakResident, thread.peakResident)
            if thread.isFirstThread { (first, firstEnded) = (thread, now) }
        }
    }

    private var groups: [UInt32: Group] = [:]
    /// Those whose last thread has ended.
    private var settling: [UInt32] = []

    /// So many processes with ended threads are followed; of further ones only CPU time is complete.
    private static let mostGroups = 4096
    /// In nanoseconds.
    static let settlingTime: UInt64 = 10_000_000

    /// Whether a process waits for its threads' messages.
    var isSettling: Bool { !settling.isEmpty }

    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - awake: the same by the clock that stops in a suspend.
    /// - Returns: the exit of a process that had one thread.
    mutating func take(_ message: ExitMessage, at now: UInt64, awake: UInt64) -> ProcessExit? {
        let thread = message.thread
        if thread.isLast, thread.isFirstThread, message.group == nil {
            groups[thread.tgid] = nil
            var single = Group(thread)
            single.add(thread, at: now)
            return Self.exit(single, at: (now, awake))
        }
        guard groups[thread.tgid] != nil || thread.isLast || groups.count < Self.mostGroups else { return nil }
        groups[thread.tgid, default: Group(thread)].add(thread, at: now)
        if thread.isLast {
            groups[thread.tgid]?.last = thread
            groups[thread.tgid]?.whole = message.group
            groups[thread.tgid]?.ended = (now, awake)
            settling.append(thread.tgid)
        }
        return nil
    }

    /// The exits of processes that had several threads, of which all have told by now.
    mutating func settled(at now: UInt64) -> [ProcessExit] {
        var exits: [ProcessExit] = []
        let waiting = settling
        settling = waiting.filter { pid in
            guard let ended = groups[pid]?.ended else { return false }
            if now < ended.monotonic.saturatingAdding(Self.settlingTime) { return true }
            if let group = groups.removeValue(forKey: pid) { exits.append(Self.exit(group, at: ended)) }
            return false
        }
        return exits
    }

    /// Messages were lost, and with them the ends of processes that are followed here: their pids may be others' by now.
    mutating func forget() {
        let last = Set(settling)
        groups = groups.filter { last.contains($0.key) }
    }

    private static func exit(_ group: Group, at ended: (monotonic: UInt64, awake: UInt64)) -> ProcessExit {
        let age = group.last.age.saturatingMultiplied(by: 1000)
        let start = ended.monotonic.saturatingSubtracting(age) / 1000
        let cpu = Self.cpu(group)
        return ProcessExit(
            thread: group.first ?? group.last, began: ended.awake.saturatingSubtracting(age), start: start - start % ProcessExit.startGrain,
            ended: ended.monotonic, cpuUser: cpu.user, cpuSystem: cpu.system, minorFaults: group.minorFaults,
            majorFaults: group.majorFaults,
            io: group.io, peakResident: group.peakResident,
            status: group.first.flatMap { Self.status($0, ended: group.firstEnded, before: ended.monotonic) })
    }

    /// The first thread's status is the process's, unless that thread ended by itself (pthread_exit(3)) before the others: then the kernel doesn't tell.
    private static func status(_ first: TaskStats, ended: UInt64, before last: UInt64) -> ExitStatus? {
        let isAlone = !first.isLast && last.saturatingSubtracting(ended) > settlingTime * 10
        return isAlone ? nil : ExitStatus(waitStatus: first.waitStatus)
    }

    /// User and system time in microseconds, as wait4(2) tells them: the scheduler's precise time, divided like the time that was counted at the timer's beat.
    /// Source: kernel/sched/cputime.c, `cputime_adjust`.
    private static func cpu(_ group: Group) -> (user: UInt64, system: UInt64) {
        var (user, system) = (group.user, group.system)
        if let whole = group.whole, whole.user.saturatingAdding(whole.system) > user.saturatingAdding(system) {
            (user, system) = (whole.user, whole.system)
        }
        let total = max(group.onCore, group.whole?.onCore ?? 0) / 1000
        guard total > 0 else { return (user, system) }
        if system == 0 { return (total, 0) }
        let part = Double(system) / (Double(user) + Double(system))
        let share = UInt64(exactly: (Double(total) * part).rounded(.down)).map { min($0, total) } ?? total
        return (total - share, share)
    }
}
