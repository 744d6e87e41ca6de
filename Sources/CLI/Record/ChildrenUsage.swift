import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What this process's children that were waited for, and theirs, have used. Source: getrusage(2), RUSAGE_CHILDREN.
struct ChildrenUsage {
    private let usage: rusage
    /// How large this process itself was, in KiB.
    private let own: Int

    static var now: ChildrenUsage { ChildrenUsage() }

    private init() {
        var (usage, own) = (rusage(), rusage())
        #if canImport(Glibc)
            getrusage(RUSAGE_CHILDREN.rawValue, &usage)
            getrusage(RUSAGE_SELF.rawValue, &own)
        #elseif canImport(Musl)
            getrusage(RUSAGE_CHILDREN, &usage)
            getrusage(RUSAGE_SELF, &own)
        #endif
        self.usage = usage
        self.own = own.ru_maxrss
    }

    func describe(_ command: inout RecordedCommand) {
        command.cpuUserUs = Self.time(usage.ru_utime)
        command.cpuSystemUs = Self.time(usage.ru_stime)
        command.cpuUs = Self.time(usage.ru_utime) &+ Self.time(usage.ru_stime)
        (command.minorFaults, command.majorFaults) = (Self.count(usage.ru_minflt), Self.count(usage.ru_majflt))
        (command.voluntarySwitches, command.involuntarySwitches) = (Self.count(usage.ru_nvcsw), Self.count(usage.ru_nivcsw))
        // In blocks of 512 bytes.
        (command.ioReadBytes, command.ioWriteBytes) = (Self.count(usage.ru_inblock) &* 512, Self.count(usage.ru_oublock) &* 512)
        // In KiB. A child has this process's own size before it becomes the command, so that less can't be told.
        if usage.ru_maxrss > own { command.maxRSSBytes = Self.count(usage.ru_maxrss) &* 1024 }
    }

    private static func count(_ value: Int) -> UInt64 { UInt64(max(0, value)) }
    private static func time(_ time: timeval) -> UInt64 { UInt64(time.tv_sec) &* 1_000_000 &+ UInt64(time.tv_usec) }
}
