import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The command that `sonde record` runs, where that could make no cgroup for it: the sum of all that descends from `sonde` and is younger than this agent.
///
/// `sonde` takes in orphans, so that none gets out of sight, and what has ended counts as its children's (`cutime` of proc_pid_stat(5)). What a process has used that
/// nobody waited for is lost. Pages that several processes share can't be told apart, so of memory only the anonymous part is summed up.
struct CommandTree {
    private let roots: KernelRoots
    private let launcher: Int32
    private let descendants: Descendants
    private let since: UInt64
    /// What the launcher's children had used before the command began.
    private var before: (user: UInt64, system: UInt64)?
    private var reading = UnitReading()
    private var rate = CPURate()

    /// - Parameter launcher: the process of `sonde record`.
    init(roots: KernelRoots, launcher: Int32) {
        self.roots = roots
        self.launcher = launcher
        descendants = Descendants(proc: roots.proc)
        var buffer = ReadBuffer(capacity: 4096)
        since = Self.since(roots, &buffer)
        reading.unit = EncodedText(UnitPath.command)
        reading.kind = EncodedText(UnitPath.Kind.command.rawValue)
    }

    /// When the first process may have been started that is none of Sonde's own: behind the clock tick in which this agent was. In microseconds since boot.
    static func since(_ roots: KernelRoots, _ buffer: inout ReadBuffer) -> UInt64 {
        (Descendants(proc: roots.proc).stat(getpid(), &buffer)?.start ?? 0) &+ 10_000
    }

    /// - Returns: `nil` when the launcher can't be read, as when it has ended, and where the kernel tells of no children.
    mutating func read(at instant: UInt64, _ buffer: inout ReadBuffer) -> UnitReading? {
        let now = Clocks.monotonic()
        guard descendants.areTold, let launched = descendants.stat(launcher, &buffer) else { return nil }
        // A program that becomes another keeps what its children have used.
        let earlier = before ?? (launched.childrenUser ?? 0, launched.childrenSystem ?? 0)
        before = earlier
        var user = (launched.childrenUser ?? 0) &- earlier.user
        var system = (launched.childrenSystem ?? 0) &- earlier.system
        var (threads, anonymous) = (UInt64(0), UInt64(0))
        var copy = ReadBuffer(capacity: 4096)
        descendants.forEach(below: launcher, since: since, &buffer) { [proc = roots.proc] pid, facts in
            guard pid != getpid() else { return }
            user &+= (facts.cpuUser ?? 0) &+ (facts.childrenUser ?? 0)
            system &+= (facts.cpuSystem ?? 0) &+ (facts.childrenSystem ?? 0)
            guard facts.state != UInt8(ascii: "Z") else { return }
            threads += facts.threads ?? 0
            guard (try? KernelFile.readOnce("\(proc)/\(pid)/statm", into: &copy)) != nil else { return }
            let memory = PidStatm(parsing: copy.bytes)
            anonymous &+= (memory.resident ?? 0) &- min(memory.shared ?? 0, memory.resident ?? 0)
        }
        // What somebody didn't wait for is missing from now on; the counter stays where it was, as it never goes back.
        reading.counters.cpuUser = max(reading.counters.cpuUser ?? 0, user)
        reading.counters.cpuSystem = max(reading.counters.cpuSystem ?? 0, system)
        let cpu = max(reading.counters.cpu ?? 0, user &+ system)
        reading.counters.cpu = cpu
        reading.counters.memoryRSS = anonymous
        reading.counters.pids = threads
        reading.cpuPercent = rate.next(CPURate.Sample(cpu: cpu, instant: now))
        reading.sampleAge = (Int64(clamping: instant) - Int64(clamping: now)) / 1000
        return reading
    }
}
