import StatsCore

extension EngineStats {
    /// `memory_stats`. Its `stats` are the lines of memory.stat, whose names differ between the cgroup versions. Under v1 the lines with
    /// `total_` are used instead of those without, since they include nested cgroups, as every other number does.
    ///
    /// Trap: under v2 the engine fills `failcnt` with the `oom` events, which are neither the failures (`max`) nor the
    /// kills, so it is not used there.
    static func decodeMemory(_ bytes: RawSpan, _ range: Range<Int>, into counters: inout ContainerCounters) {
        let cursor = ByteCursor(bytes)
        var failures: UInt64?
        var isV2 = false
        var limit: UInt64?
        members(bytes, range) { key, value in
            if cursor.matches(key, "usage") {
                counters.memoryUsage = number(bytes, value)
            } else if cursor.matches(key, "max_usage") {
                counters.memoryPeak = number(bytes, value)
            } else if cursor.matches(key, "limit") {
                limit = Self.limit(bytes, value)
            } else if cursor.matches(key, "failcnt") {
                failures = number(bytes, value)
            } else if cursor.matches(key, "stats") {
                isV2 = decodeMemoryStat(bytes, value, into: &counters)
            }
        }
        if !isV2 { counters.memoryFailures = failures }
        // Of version 1, the lines of memory.stat have told the least limit on the way up.
        if let limit { counters.memoryLimit = min(limit, counters.memoryLimit ?? limit) }
    }

    /// - Returns: whether these are the lines of cgroup v2.
    private static func decodeMemoryStat(_ bytes: RawSpan, _ range: Range<Int>, into counters: inout ContainerCounters) -> Bool {
        let cursor = ByteCursor(bytes)
        var own = ContainerCounters()
        var total = ContainerCounters()
        var isV2 = false
        members(bytes, range) { key, value in
            guard let value = number(bytes, value) else { return }
            let prefix = 6
            if key.count > prefix, cursor.matches(key.lowerBound..<key.lowerBound + prefix, "total_") {
                setMemoryStat(cursor, key.lowerBound + prefix..<key.upperBound, value, in: &total)
            } else {
                if cursor.matches(key, "anon") { isV2 = true }
                setMemoryStat(cursor, key, value, in: &own)
            }
        }
        counters.memoryLimit = own.memoryLimit
        counters.memoryRSS = total.memoryRSS ?? own.memoryRSS
        counters.memoryCache = total.memoryCache ?? own.memoryCache
        counters.memoryMappedFile = total.memoryMappedFile ?? own.memoryMappedFile
        counters.memoryKernel = total.memoryKernel ?? own.memoryKernel
        counters.memorySwap = total.memorySwap ?? own.memorySwap
        counters.activeAnon = total.activeAnon ?? own.activeAnon
        counters.inactiveAnon = total.inactiveAnon ?? own.inactiveAnon
        counters.activeFile = total.activeFile ?? own.activeFile
        counters.inactiveFile = total.inactiveFile ?? own.inactiveFile
        counters.unevictable = total.unevictable ?? own.unevictable
        counters.pgfault = total.pgfault ?? own.pgfault
        counters.pgmajfault = total.pgmajfault ?? own.pgmajfault
        counters.pgpgin = total.pgpgin ?? own.pgpgin
        counters.pgpgout = total.pgpgout ?? own.pgpgout
        return isV2
    }

    private static func setMemoryStat(
        _ cursor: borrowing ByteCursor, _ key: Range<Int>, _ value: UInt64, in counters: inout ContainerCounters
    ) {
        if cursor.matches(key, "rss") || cursor.matches(key, "anon") {
            counters.memoryRSS = value
        } else if cursor.matches(key, "cache") || cursor.matches(key, "file") {
            counters.memoryCache = value
        } else if cursor.matches(key, "mapped_file") || cursor.matches(key, "file_mapped") {
            counters.memoryMappedFile = value
        } else if cursor.matches(key, "kernel") {
            counters.memoryKernel = value
        } else if cursor.matches(key, "swap") {
            counters.memorySwap = value
        } else if cursor.matches(key, "active_anon") {
            counters.activeAnon = value
        } else if cursor.matches(key, "inactive_anon") {
            counters.inactiveAnon = value
        } else if cursor.matches(key, "active_file") {
            counters.activeFile = value
        } else if cursor.matches(key, "inactive_file") {
            counters.inactiveFile = value
        } else if cursor.matches(key, "unevictable") {
            counters.unevictable = value
        } else if cursor.matches(key, "pgfault") {
            counters.pgfault = value
        } else if cursor.matches(key, "pgmajfault") {
            counters.pgmajfault = value
        } else if cursor.matches(key, "hierarchical_memory_limit") {
            counters.memoryLimit = value < 1 << 62 ? value : nil
        } else if cursor.matches(key, "pgpgin") {
            counters.pgpgin = value
        } else if cursor.matches(key, "pgpgout") {
            counters.pgpgout = value
        }
    }
}
