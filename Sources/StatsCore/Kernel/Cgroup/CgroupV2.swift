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

    init(_ directory: String?, _ tally: inout ReadTally) {
        cpuStat = OptionalFile(directory, "cpu.stat", &tally)
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
        cpuMax = OptionalFile(directory, "cpu.max", &tally)
        memoryMax = OptionalFile(directory, "memory.max", &tally)
        pidsMax = OptionalFile(directory, "pids.max", &tally)
    }

    /// Reads CPU time first, because the caller takes the reading's instant just before this call.
    mutating func read(into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuStat.read(into: &buffer, &tally) { Self.parseCPUStat(buffer.bytes, &counters) }
        if memoryCurrent.read(into: &buffer, &tally) { counters.memoryUsage = buffer.bytes.onlyNumber }
        if memoryPeak.read(into: &buffer, &tally) { counters.memoryPeak = buffer.bytes.onlyNumber }
        if memoryStat.read(into: &buffer, &tally) { Self.parseMemoryStat(buffer.bytes, &counters) }
        if memoryEvents.read(into: &buffer, &tally) { Self.parseMemoryEvents(buffer.bytes, &counters) }
        if memorySwap.read(into: &buffer, &tally) { counters.memorySwap = buffer.bytes.onlyNumber }
        if ioStat.read(into: &buffer, &tally) { Self.parseIOStat(buffer.bytes, &counters) }
        if pidsCurrent.read(into: &buffer, &tally) { counters.pids = buffer.bytes.onlyNumber }
        if cpuPressure.read(into: &buffer, &tally) { counters.psiCPUSome = Pressure(parsing: buffer.bytes).some }
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
    }

    /// A file that says "max" sets no limit and gives `nil`.
    mutating func readLimits(into limits: inout CgroupLimits, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if cpuMax.read(into: &buffer, &tally) { limits.cpu = Self.cores(buffer.bytes) }
        if memoryMax.read(into: &buffer, &tally) { limits.memory = buffer.bytes.onlyNumber }
        if pidsMax.read(into: &buffer, &tally) { limits.pids = buffer.bytes.onlyNumber }
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
            }
            cursor.skipLine()
        }
    }

    static func parseMemoryStat(_ bytes: RawSpan, _ counters: inout ContainerCounters) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let key = cursor.word()
            // Compares the length first: only eleven of some seventy lines matter.
            switch key.count {
            case 4:
                if cursor.matches(key, "anon") { counters.memoryRSS = cursor.wholeDecimal() }
                if cursor.matches(key, "file") { counters.memoryCache = cursor.wholeDecimal() }
            case 6: if cursor.matches(key, "kernel") { counters.memoryKernel = cursor.wholeDecimal() }
            case 7: if cursor.matches(key, "pgfault") { counters.pgfault = cursor.wholeDecimal() }
            case 10: if cursor.matches(key, "pgmajfault") { counters.pgmajfault = cursor.wholeDecimal() }
            case 11:
                if cursor.matches(key, "active_anon") { counters.activeAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "active_file") { counters.activeFile = cursor.wholeDecimal() }
                if cursor.matches(key, "file_mapped") { counters.memoryMappedFile = cursor.wholeDecimal() }
                if cursor.matches(key, "unevictable") { counters.unevictable = cursor.wholeDecimal() }
            case 13:
                if cursor.matches(key, "inactive_anon") { counters.inactiveAnon = cursor.wholeDecimal() }
                if cursor.matches(key, "inactive_file") { counters.inactiveFile = cursor.wholeDecimal() }
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
    }

    /// `cpu.max`: quota and period in µs, such as `50000 100000`; `max 100000` is no limit.
    static func cores(_ bytes: RawSpan) -> Double? {
        var cursor = ByteCursor(bytes)
        guard let quota = cursor.wholeDecimal(), let period = cursor.wholeDecimal(), period > 0 else { return nil }
        return Double(quota) / Double(period)
    }
}
