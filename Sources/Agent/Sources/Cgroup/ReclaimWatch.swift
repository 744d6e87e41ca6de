import StatsCore

/// Tells whether the kernel has taken back memory, from whomever, or killed somebody for want of it: then what a process or a cgroup holds may be another although
/// none of its threads has run.
struct ReclaimWatch: ~Copyable {
    private var vmstat: OptionalFile
    private var counters = VMStat()
    private var last: UInt64?

    init(roots: KernelRoots) {
        var tally = ReadTally()
        vmstat = OptionalFile(roots.proc, "vmstat", shape: .records, &tally)
    }

    /// - Returns: whether it has since this was last asked; `true` also when that can't be known.
    mutating func hasReclaimed(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        guard vmstat.read(into: &buffer, &tally) else { return true }
        counters.update(parsing: buffer.bytes)
        // Each of them only grows.
        let now = [VMStat.Key.scanned, .swappedOut, .swappedIn, .oomKills].reduce(0) { $0 &+ (counters[$1] ?? 0) }
        defer { last = now }
        return now != last
    }
}
