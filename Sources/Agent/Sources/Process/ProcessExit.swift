import StatsCore

/// What a process used in all, as the kernel told when it ended.
struct ProcessExit: Sendable, Equatable {
    /// Of one agent's exits in their order.
    var number: UInt64 = 0
    /// Of its first thread, or of the last one where that one's message is missing: only its name and whose it is count.
    var thread: TaskStats
    /// When it began, by a clock that stops in a suspend; nanoseconds.
    var began: UInt64
    /// The same since the host's boot, in microseconds: rounded to clock ticks like /proc's, and later by as long as the kernel's message waited.
    var start: UInt64
    /// When the message was read, monotonic nanoseconds.
    var ended: UInt64
    /// Microseconds.
    var cpuUser: UInt64
    var cpuSystem: UInt64
    var minorFaults: UInt64
    var majorFaults: UInt64
    var io: PidIO
    /// Bytes.
    var peakResident: UInt64
    /// `nil` where it isn't known.
    var status: ExitStatus?

    var pid: UInt32 { thread.tgid }
    var ppid: UInt32 { thread.ppid }
    /// Microseconds.
    var cpu: UInt64 { cpuUser.saturatingAdding(cpuSystem) }

    /// Clock ticks of /proc, in microseconds.
    static let startGrain: UInt64 = KernelUnits.microseconds(ticks: 1) ?? 10_000
}

extension ProcessReading {
    private static let dead = EncodedText("X")

    /// Makes this the last reading of a process. Of each counter the larger value counts: those of threads that ended before anybody listened aren't in the exit's sums.
    ///
    /// - Parameter interval: over which the CPU time since this reading counts, in nanoseconds.
    mutating func end(with exit: ProcessExit, over interval: UInt64) {
        let before = (user: stat.cpuUser ?? 0, system: stat.cpuSystem ?? 0)
        let total = max(exit.cpu, before.user.saturatingAdding(before.system))
        stat.cpuSystem = min(max(exit.cpuSystem, before.system), total.saturatingSubtracting(before.user))
        stat.cpuUser = total.saturatingSubtracting(stat.cpuSystem ?? 0)
        cpuPercent = Rates(nanosecondsFrom: 0, to: interval).percent(from: before.user.saturatingAdding(before.system), to: total)

        state = Self.dead
        // Other threads may have names of their own.
        if exit.thread.isFirstThread || comm == nil { comm = exit.thread.name }
        stat.state = UInt8(ascii: "X")
        stat.pid = UInt64(exit.pid)
        stat.ppid = UInt64(exit.ppid)
        stat.start = stat.start ?? exit.start
        stat.threads = nil
        stat.minorFaults = max(stat.minorFaults ?? 0, exit.minorFaults)
        stat.majorFaults = max(stat.majorFaults ?? 0, exit.majorFaults)
        (statm, memoryPercent, status.swap) = (PidStatm(), nil, nil)
        status.uid = status.uid ?? UInt64(exit.thread.uid)
        // As /proc tells these: of the first thread.
        if exit.thread.isFirstThread {
            stat.blockDelay = max(stat.blockDelay ?? 0, exit.thread.blockDelay / 1000)
            status.voluntarySwitches = max(status.voluntarySwitches ?? 0, exit.thread.voluntarySwitches)
            status.involuntarySwitches = max(status.involuntarySwitches ?? 0, exit.thread.involuntarySwitches)
        }
        io.readChars = max(io.readChars ?? 0, exit.io.readChars ?? 0)
        io.writeChars = max(io.writeChars ?? 0, exit.io.writeChars ?? 0)
        io.readBytes = max(io.readBytes ?? 0, exit.io.readBytes ?? 0)
        io.writeBytes = max(io.writeBytes ?? 0, exit.io.writeBytes ?? 0)
        io.cancelledWriteBytes = max(io.cancelledWriteBytes ?? 0, exit.io.cancelledWriteBytes ?? 0)
        // Of calls the kernel tells whole 1024s: of one that nobody has read that says nothing.
        io.readCalls = io.readCalls.map { max($0, exit.io.readCalls ?? 0) }
        io.writeCalls = io.writeCalls.map { max($0, exit.io.writeCalls ?? 0) }
        note(exit)
    }

    /// What can be told of one that has ended and isn't gone yet, a zombie.
    mutating func note(_ exit: ProcessExit) {
        status.peakResident = max(status.peakResident ?? 0, exit.peakResident)
        self.exit = exit.status
    }
}
