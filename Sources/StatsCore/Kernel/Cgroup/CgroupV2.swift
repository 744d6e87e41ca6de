/// The counters of one cgroup of the version 2 hierarchy, its files kept open.
///
/// On a hybrid host this hierarchy has no controllers; its files for CPU time and pressure are read all the same.
/// Source: Documentation/admin-guide/cgroup-v2.rst.
struct CgroupV2: ~Copyable {
    private var cpuStat: OptionalFile
    private var memoryCurrent: OptionalFile
    private var memoryPeak: OptionalFile
    private var memoryStat: OptionalFile
    private var memoryEvents: OptionalFile
    private var memorySwap: OptionalFile
    private var ioStat: OptionalFile
    private var pidsCurrent: OptionalFile
    private var cpuPressure: OptionalFile
    private var memoryPressure: OptionalFile
    private var ioPressure: OptionalFile
    private var cpuMax: OptionalFile
    private var memoryMax: OptionalFile
    private var pidsMax: OptionalFile
    private var cpuStatLocal: OptionalFile
    private var swapEvents: OptionalFile
    private var pidsPeak: OptionalFile
    private var pidsEvents: OptionalFile
    private var memoryHigh: OptionalFile
    private var memoryLow: OptionalFile
    private var memoryMin: OptionalFile
    private var swapMax: OptionalFile
    private var cpuWeight: OptionalFile

    /// - Parameter countsCPU: whether its CPU time counts; of a hybrid host version 1 tells it.
    init(_ directory: String?, countsCPU: Bool = true, _ tally: inout ReadTally) {
        cpuMax = OptionalFile(directory, "cpu.max", &tally)
        // Without `||`: Swift 6.3.1 destroys the fields that aren't set yet when a closure, as its right side is one, uses one of the others.
        let hasCPU = cpuMax.isAbsent ? countsCPU : true
        cpuStat = OptionalFile(hasCPU ? directory : nil, "cpu.stat", &tally)
        memoryCurrent = OptionalFile(directory, "memory.current", &tally)
        memoryPeak = OptionalFile(directory, "memory.peak", &tally)
        memoryStat = OptionalFile(directory, "memory.stat", &tally)
        memoryEvents = OptionalFile(directory, "memory.events", &tally)
        memorySwap = OptionalFile(directory, "memory.swap.current", &tally)
        ioStat = OptionalFile(directory, "io.stat", &tally)
        pidsCurrent = OptionalFile(directory, "pids.current", &tally)
        cpuPressure = OptionalFile(directory, "cpu.pressure", &tally)
        memoryPressure = OptionalFile(directory, "memory.pressure", &tally)
        ioPressure = OptionalFile(directory, "io.pressure", &tally)
        memoryMax = OptionalFile(directory, "memory.max", &tally)
        pidsMax = OptionalFile(directory, "pids.max", &tally)
        // On a hybrid host the file is there and always empty.
        cpuStatLocal = OptionalFile(cpuMax.isAbsent ? nil : directory, "cpu.stat.local", &tally)
        swapEvents = OptionalFile(directory, "memory.swap.events", &tally)
        pidsPeak = OptionalFile(directory, "pids.peak", &tally)
        pidsEvents = OptionalFile(directory, "pids.events", &tally)
        memoryHigh = OptionalFile(directory, "memory.high", &tally)
        memoryLow = OptionalFile(directory, "memory.low", &tally)
        memoryMin = OptionalFile(directory, "memory.min", &tally)
        swapMax = OptionalFile(directory, "memory.swap.max", &tally)
        cpuWeight = OptionalFile(directory, "cpu.weight", &tally)
    }

    /// Reads by which `CgroupRest` tells whether anything has happened. CPU time comes first, because the caller takes the reading's instant just before this call.
    mutating func readUse(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuStat.read(into: &buffer, &tally) { Self.parseCPUStat(buffer.bytes, &counters) }
        if memoryCurrent.read(into: &buffer, &tally) { counters.memoryUsage = buffer.bytes.onlyNumber }
        if pidsCurrent.read(into: &buffer, &tally) { counters.pids = buffer.bytes.onlyNumber }
    }

    /// Reads what goes on for processes that don't run: waiting, and transfers that others make for them.
    mutating func readWaiting(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if ioStat.read(into: &buffer, &tally) { Self.parseIOStat(buffer.bytes, &counters) }
        if cpuPressure.read(into: &buffer, &tally) {
            let pressure = Pressure(parsing: buffer.bytes)
            counters.psiCPUSome = pressure.some
            counters.details.psiCPUFull = pressure.full
        }
        if memoryPressure.read(into: &buffer, &tally) {
            let pressure = Pressure(parsing: buffer.bytes)
            counters.psiMemorySome = pressure.some
            counters.psiMemoryFull = pressure.full
        }
        if ioPressure.read(into: &buffer, &tally) {
            let pressure = Pressure(parsing: buffer.bytes)
            counters.psiIOSome = pressure.some
            counters.psiIOFull = pressure.full
        }
        if cpuStatLocal.read(into: &buffer, &tally) { counters.details.cpuThrottledLocal = buffer.bytes.number(of: "throttled_usec") }
    }

    /// Reads all else.
    mutating func readRest(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if memoryPeak.read(into: &buffer, &tally) { counters.memoryPeak = buffer.bytes.onlyNumber }
        if memoryStat.read(into: &buffer, &tally) { Self.parseMemoryStat(buffer.bytes, &counters) }
        if memoryEvents.read(into: &buffer, &tally) { Self.parseMemoryEvents(buffer.bytes, &counters) }
        if memorySwap.read(into: &buffer, &tally) { counters.memorySwap = buffer.bytes.onlyNumber }
        if swapEvents.read(into: &buffer, &tally) { counters.details.swapFailures = buffer.bytes.number(of: "fail") }
        if pidsPeak.read(into: &buffer, &tally) { counters.details.pidsPeak = buffer.bytes.onlyNumber }
        if pidsEvents.read(into: &buffer, &tally) { counters.details.pidsLimitHits = buffer.bytes.number(of: "max") }
    }

    /// A file that says "max" sets no limit and gives `nil`.
    mutating func readLimits(into limits: inout CgroupLimits, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuMax.read(into: &buffer, &tally) { limits.cpu = Self.cores(buffer.bytes) }
        if memoryMax.read(into: &buffer, &tally) { limits.memory = buffer.bytes.onlyNumber }
        if pidsMax.read(into: &buffer, &tally) { limits.pids = buffer.bytes.onlyNumber }
    }

    mutating func readSettings(into settings: inout CgroupSettings, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if memoryHigh.read(into: &buffer, &tally) { settings.memoryHigh = buffer.bytes.onlyNumber }
        if memoryLow.read(into: &buffer, &tally) { settings.memoryLow = buffer.bytes.onlyNumberOrAll }
        if memoryMin.read(into: &buffer, &tally) { settings.memoryMin = buffer.bytes.onlyNumberOrAll }
        if swapMax.read(into: &buffer, &tally) { settings.swapLimit = buffer.bytes.onlyNumber }
        if cpuWeight.read(into: &buffer, &tally) { settings.cpuWeight = buffer.bytes.onlyNumber }
    }

    static func parseCPUStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            let value = cursor.wholeDecimal()
            if cursor.matches(key, "usage_usec") {
                counters.cpu = value
            } else if cursor.matches(key, "user_usec") {
                counters.cpuUser = value
            } else if cursor.matches(key, "system_usec") {
                counters.cpuSystem = value
            } else if cursor.matches(key, "nr_periods") {
                counters.cpuPeriods = value
            } else if cursor.matches(key, "nr_throttled") {
                counters.cpuThrottledPeriods = value
            } else if cursor.matches(key, "throttled_usec") {
                counters.cpuThrottled = value
            } else if cursor.matches(key, "nr_bursts") {
                counters.details.cpuBursts = value
            } else if cursor.matches(key, "burst_usec") {
                counters.details.cpuBurst = value
            }
            cursor.skipLine()
        }
    }

    static func parseMemoryStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            // Compares the length first: only some twenty of some seventy lines matter.
            switch key.count {
            case 4:
                if cursor.matches(key, "anon") { counters.memoryRSS = cursor.wholeDecimal() }
                if cursor.matches(key, "file") { counters.memoryCache = cursor.wholeDecimal() }
                if cursor.matches(key, "sock") { counters.details.sock = cursor.wholeDecimal() }
                if cursor.matches(key, "slab") { counters.details.slab = cursor.wholeDecimal() }
            case 5:
                if cursor.matches(key, "shmem") { counters.details.shmem = cursor.wholeDecimal() }
                if cursor.matches(key, "zswap") { counters.details.zswap = cursor.wholeDecimal() }
            case 6:
                if cursor.matches(key, "kernel") { counters.memoryKernel = cursor.wholeDecimal() }
                if cursor.matches(key, "pgscan") { counters.details.pgscan = cursor.wholeDecimal() }
            case 7:
                if cursor.matches(key, "pgfault") { counters.pgfault = cursor.wholeDecimal() }
                if cursor.matches(key, "pgsteal") { counters.details.pgsteal = cursor.wholeDecimal() }
            case 8: if cursor.matches(key, "anon_thp") { counters.details.anonTHP = cursor.wholeDecimal() }
            case 10:
                if cursor.matches(key, "pgmajfault") { counters.pgmajfault = cursor.wholeDecimal() }
                if cursor.matches(key, "file_dirty") { counters.details.fileDirty = cursor.wholeDecimal() }
                if cursor.matches(key, "swapcached") { counters.details.swapCached = cursor.wholeDecimal() }
            case 11:
                if cursor.matches(key, "active_anon") { counters.activeAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "active_file") { counters.activeFile = cursor.wholeDecimal() }
                if cursor.matches(key, "file_mapped") { counters.memoryMappedFile = cursor.wholeDecimal() }
                if cursor.matches(key, "unevictable") { counters.unevictable = cursor.wholeDecimal() }
            case 13:
                if cursor.matches(key, "inactive_anon") { counters.inactiveAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "inactive_file") { counters.inactiveFile = cursor.wholeDecimal() }
            case 14: if cursor.matches(key, "file_writeback") { counters.details.fileWriteback = cursor.wholeDecimal() }
            // Before 5.9 the kernel knew of file pages only, and called them so.
            case 18: if cursor.matches(key, "workingset_refault") { counters.details.refaultFile = cursor.wholeDecimal() }
            case 23:
                if cursor.matches(key, "workingset_refault_anon") { counters.details.refaultAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "workingset_refault_file") { counters.details.refaultFile = cursor.wholeDecimal() }
            default: break
            }
            cursor.skipLine()
        }
    }

    static func parseMemoryEvents(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            let value = cursor.wholeDecimal()
            if cursor.matches(key, "max") { counters.memoryFailures = value }
            if cursor.matches(key, "oom_kill") { counters.oomKills = value }
            if cursor.matches(key, "high") { counters.details.memoryHighEvents = value }
            if cursor.matches(key, "oom") { counters.details.memoryOOMEvents = value }
            // Since 5.17.
            if cursor.matches(key, "oom_group_kill") { counters.details.oomGroupKills = value }
            cursor.skipLine()
        }
    }

    /// Sums lines such as `8:0 rbytes=90112 wbytes=0 rios=8 wios=0 dbytes=0 dios=0`. Without a line there was no transfer: the sums are 0.
    ///
    /// Before Linux 5.17 a device without numbers has no line end of its own, so several may stand before one that has numbers:
    /// `7:7 7:6 8:0 rbytes=28672 …` (blk_cgroup_stats_show).
    static func parseIOStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        guard bytes.endsWhole else { return }
        var read: UInt64 = 0
        var write: UInt64 = 0
        var discard: UInt64 = 0
        var reads: UInt64 = 0
        var writes: UInt64 = 0
        var discards: UInt64 = 0
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            while true {
                let word = cursor.word()
                if word.isEmpty { break }
                // Devices, and whatever else isn't name=value, are stepped over.
                var pair = ByteCursor(bytes, at: word.lowerBound)
                guard let key = pair.field(upTo: UInt8(ascii: "=")), key.upperBound < word.upperBound, let value = pair.wholeDecimal()
                else {
                    continue
                }
                if cursor.matches(key, "rbytes") {
                    read &+= value
                } else if cursor.matches(key, "wbytes") {
                    write &+= value
                } else if cursor.matches(key, "dbytes") {
                    discard &+= value
                } else if cursor.matches(key, "rios") {
                    reads &+= value
                } else if cursor.matches(key, "wios") {
                    writes &+= value
                } else if cursor.matches(key, "dios") {
                    discards &+= value
                }
            }
            cursor.skipLine()
        }
        counters.ioReadBytes = read
        counters.ioWriteBytes = write
        counters.ioDiscardBytes = discard
        counters.ioTotalBytes = read &+ write &+ discard
        counters.ioReads = reads
        counters.ioWrites = writes
        counters.details.ioDiscards = discards
    }

    /// `cpu.max`: quota and period in µs, such as `50000 100000`; `max 100000` is no limit.
    static func cores(_ bytes: RawSpan) -> Double? {
        var cursor = ByteCursor(bytes)
        guard let quota = cursor.wholeDecimal(), let period = cursor.wholeDecimal(), period > 0 else { return nil }
        return Double(quota) / Double(period)
    }
}
