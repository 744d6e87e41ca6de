/// The counters of one container in the version 1 hierarchies, its files kept open.
///
/// Sources: Documentation/admin-guide/cgroup-v1/{cpuacct,memory,blkio-controller,pids}.rst, Documentation/scheduler/sched-bwc.rst.
struct CgroupV1: ~Copyable {
    private var cpuUsage: OptionalFile
    private var cpuacctStat: OptionalFile
    private var cpuStat: OptionalFile
    private var memoryUsage: OptionalFile
    private var memoryPeak: OptionalFile
    private var memoryStat: OptionalFile
    private var memoryFailures: OptionalFile
    private var memoryKernel: OptionalFile
    private var oomControl: OptionalFile
    private var ioBytes: OptionalFile
    private var ioRequests: OptionalFile
    private var pidsCurrent: OptionalFile
    private var cpuQuota: OptionalFile
    private var cpuPeriod: OptionalFile
    private var memoryLimit: OptionalFile
    private var pidsMax: OptionalFile
    private var cpuStatLocal: OptionalFile
    private var pidsPeak: OptionalFile
    private var pidsEvents: OptionalFile

    init(_ directories: [String: String], _ tally: inout ReadTally) {
        let (cpu, cpuacct, memory) = (directories["cpu"], directories["cpuacct"], directories["memory"])
        let (blkio, pids) = (directories["blkio"], directories["pids"])
        cpuUsage = OptionalFile(cpuacct, "cpuacct.usage", &tally)
        cpuacctStat = OptionalFile(cpuacct, "cpuacct.stat", &tally)
        cpuStat = OptionalFile(cpu, "cpu.stat", &tally)
        memoryUsage = OptionalFile(memory, "memory.usage_in_bytes", &tally)
        memoryPeak = OptionalFile(memory, "memory.max_usage_in_bytes", &tally)
        memoryStat = OptionalFile(memory, "memory.stat", &tally)
        memoryFailures = OptionalFile(memory, "memory.failcnt", &tally)
        memoryKernel = OptionalFile(memory, "memory.kmem.usage_in_bytes", &tally)
        oomControl = OptionalFile(memory, "memory.oom_control", &tally)
        // Before 4.16 there are only the files that don't count nested cgroups.
        let hasRecursive = blkio.map { DirectoryList.exists("\($0)/blkio.throttle.io_service_bytes_recursive") } ?? false
        ioBytes = OptionalFile(
            blkio, hasRecursive ? "blkio.throttle.io_service_bytes_recursive" : "blkio.throttle.io_service_bytes", &tally)
        ioRequests = OptionalFile(blkio, hasRecursive ? "blkio.throttle.io_serviced_recursive" : "blkio.throttle.io_serviced", &tally)
        pidsCurrent = OptionalFile(pids, "pids.current", &tally)
        cpuQuota = OptionalFile(cpu, "cpu.cfs_quota_us", &tally)
        cpuPeriod = OptionalFile(cpu, "cpu.cfs_period_us", &tally)
        memoryLimit = OptionalFile(memory, "memory.limit_in_bytes", &tally)
        pidsMax = OptionalFile(pids, "pids.max", &tally)
        cpuStatLocal = OptionalFile(cpu, "cpu.stat.local", &tally)
        pidsPeak = OptionalFile(pids, "pids.peak", &tally)
        pidsEvents = OptionalFile(pids, "pids.events", &tally)
    }

    /// Whether it tells CPU time.
    var countsCPU: Bool { !cpuUsage.isAbsent && !cpuacctStat.isAbsent }

    /// Reads by which `CgroupRest` tells whether anything has happened. CPU time comes first, because the caller takes the reading's instant just before this call.
    mutating func readUse(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuUsage.read(into: &buffer, &tally) { counters.cpu = buffer.bytes.onlyNumber.map { $0 / 1000 } }
        if memoryUsage.read(into: &buffer, &tally) { counters.memoryUsage = buffer.bytes.onlyNumber }
        if pidsCurrent.read(into: &buffer, &tally) { counters.pids = buffer.bytes.onlyNumber }
    }

    /// Reads what goes on for processes that don't run: waiting for a quota, and transfers that others make for them.
    mutating func readWaiting(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuStat.read(into: &buffer, &tally) { Self.parseCPUStat(buffer.bytes, &counters) }
        if cpuStatLocal.read(into: &buffer, &tally) {
            counters.details.cpuThrottledLocal = buffer.bytes.number(of: "throttled_time").map { $0 / 1000 }
        }
        if ioBytes.read(into: &buffer, &tally), let sums = BlkioSums(parsing: buffer.bytes) {
            counters.ioReadBytes = sums.read
            counters.ioWriteBytes = sums.write
            counters.ioDiscardBytes = sums.discard
            counters.ioSyncBytes = sums.sync
            counters.ioAsyncBytes = sums.async
            counters.ioTotalBytes = sums.total
        }
        if ioRequests.read(into: &buffer, &tally), let sums = BlkioSums(parsing: buffer.bytes) {
            counters.ioReads = sums.read
            counters.ioWrites = sums.write
            counters.details.ioDiscards = sums.discard
        }
    }

    /// Reads all else.
    mutating func readRest(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuacctStat.read(into: &buffer, &tally) { Self.parseCpuacctStat(buffer.bytes, &counters) }
        if memoryPeak.read(into: &buffer, &tally) { counters.memoryPeak = buffer.bytes.onlyNumber }
        if memoryStat.read(into: &buffer, &tally) { Self.parseMemoryStat(buffer.bytes, &counters) }
        if memoryFailures.read(into: &buffer, &tally) { counters.memoryFailures = buffer.bytes.onlyNumber }
        if memoryKernel.read(into: &buffer, &tally) { counters.memoryKernel = buffer.bytes.onlyNumber }
        if oomControl.read(into: &buffer, &tally) { Self.parseOOMControl(buffer.bytes, &counters) }
        if pidsPeak.read(into: &buffer, &tally) { counters.details.pidsPeak = buffer.bytes.onlyNumber }
        if pidsEvents.read(into: &buffer, &tally) { counters.details.pidsLimitHits = buffer.bytes.number(of: "max") }
    }

    mutating func readLimits(into limits: inout CgroupLimits, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        // `onlyNumber` gives `nil` for -1, which means no limit.
        if cpuQuota.read(into: &buffer, &tally) {
            let quota = buffer.bytes.onlyNumber
            if cpuPeriod.read(into: &buffer, &tally) { limits.cpu = Self.cores(quota, buffer.bytes.onlyNumber) }
        }
        if memoryLimit.read(into: &buffer, &tally) {
            limits.memory = Self.memoryLimit(buffer.bytes.onlyNumber)
        }
        if pidsMax.read(into: &buffer, &tally) { limits.pids = buffer.bytes.onlyNumber }
    }

    /// How many cores a quota in a period allows, both in µs; `nil` without a limit.
    static func cores(_ quota: UInt64?, _ period: UInt64?) -> Double? {
        guard let quota, let period, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }

    /// "Unlimited" is the largest number of whole pages: 9223372036854771712 with pages of 4 KiB.
    private static func memoryLimit(_ value: UInt64?) -> UInt64? { value.flatMap { $0 < 1 << 62 ? $0 : nil } }

    /// `user 1324` and `system 411` in clock ticks. cpuacct.usage_user and _sys are sampled by the timer and don't add up to cpuacct.usage;
    /// these are scaled to it, and the engine gives the same numbers.
    static func parseCpuacctStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            let value = KernelUnits.microseconds(ticks: cursor.wholeDecimal())
            if cursor.matches(key, "user") { counters.cpuUser = value }
            if cursor.matches(key, "system") { counters.cpuSystem = value }
            cursor.skipLine()
        }
    }

    static func parseCPUStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            let value = cursor.wholeDecimal()
            if cursor.matches(key, "nr_periods") { counters.cpuPeriods = value }
            if cursor.matches(key, "nr_throttled") { counters.cpuThrottledPeriods = value }
            if cursor.matches(key, "throttled_time") { counters.cpuThrottled = value.map { $0 / 1000 } }
            if cursor.matches(key, "nr_bursts") { counters.details.cpuBursts = value }
            if cursor.matches(key, "burst_time") { counters.details.cpuBurst = value.map { $0 / 1000 } }
            cursor.skipLine()
        }
    }

    /// The `total_` lines, which count nested cgroups too, and the least limit of this cgroup and those above it.
    static func parseMemoryStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            // Compares the length first: only some twenty of some forty lines matter.
            switch key.count {
            case 9: if cursor.matches(key, "total_rss") { counters.memoryRSS = cursor.wholeDecimal() }
            case 10: if cursor.matches(key, "total_swap") { counters.memorySwap = cursor.wholeDecimal() }
            case 11:
                if cursor.matches(key, "total_cache") { counters.memoryCache = cursor.wholeDecimal() }
                if cursor.matches(key, "total_shmem") { counters.details.shmem = cursor.wholeDecimal() }
                if cursor.matches(key, "total_dirty") { counters.details.fileDirty = cursor.wholeDecimal() }
            case 12: if cursor.matches(key, "total_pgpgin") { counters.pgpgin = cursor.wholeDecimal() }
            case 13:
                if cursor.matches(key, "total_pgpgout") { counters.pgpgout = cursor.wholeDecimal() }
                if cursor.matches(key, "total_pgfault") { counters.pgfault = cursor.wholeDecimal() }
            case 14: if cursor.matches(key, "total_rss_huge") { counters.details.anonTHP = cursor.wholeDecimal() }
            case 15: if cursor.matches(key, "total_writeback") { counters.details.fileWriteback = cursor.wholeDecimal() }
            case 16:
                if cursor.matches(key, "total_pgmajfault") { counters.pgmajfault = cursor.wholeDecimal() }
                if cursor.matches(key, "total_swapcached") { counters.details.swapCached = cursor.wholeDecimal() }
            case 17:
                if cursor.matches(key, "total_mapped_file") { counters.memoryMappedFile = cursor.wholeDecimal() }
                if cursor.matches(key, "total_active_anon") { counters.activeAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "total_active_file") { counters.activeFile = cursor.wholeDecimal() }
                if cursor.matches(key, "total_unevictable") { counters.unevictable = cursor.wholeDecimal() }
            case 19:
                if cursor.matches(key, "total_inactive_anon") { counters.inactiveAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "total_inactive_file") { counters.inactiveFile = cursor.wholeDecimal() }
            case 25: if cursor.matches(key, "hierarchical_memory_limit") { counters.memoryLimit = memoryLimit(cursor.wholeDecimal()) }
            case 29:
                if cursor.matches(key, "total_workingset_refault_anon") { counters.details.refaultAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "total_workingset_refault_file") { counters.details.refaultFile = cursor.wholeDecimal() }
            default: break
            }
            cursor.skipLine()
        }
    }

    /// `oom_kill` exists since 4.13.
    static func parseOOMControl(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            if cursor.matches(key, "oom_kill") { counters.oomKills = cursor.wholeDecimal() }
            cursor.skipLine()
        }
    }
}
