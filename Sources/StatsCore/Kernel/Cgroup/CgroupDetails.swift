/// What only a cgroup's own files tell, and no engine for both versions: where it stands between its settings and the kernel's taking back of memory.
///
/// Sizes are bytes and times microseconds; `nil` where this kernel, or this version of cgroups, has no such file or line. Both versions fill a field only with
/// the same meaning. Version 1 has nothing like `memory.high`, `memory.low` and `memory.min` (its soft limit orders who is reclaimed first, and protects and
/// slows down nobody), limits swap only together with memory, and its `cpu.shares` are another scale than `cpu.weight`.
///
/// Source: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst, cgroup-v1/pids.rst, Documentation/scheduler/sched-bwc.rst.
package struct CgroupDetails: Sendable, Equatable {
    package var settings = CgroupSettings()

    /// How often its processes were slowed down and sent to reclaim, as usage was above `memory.high`.
    package var memoryHighEvents: UInt64?
    /// How often an allocation was about to fail at the limit, whether that killed somebody or not.
    package var memoryOOMEvents: UInt64?
    package var oomGroupKills: UInt64?
    package var swapFailures: UInt64?

    package var anonTHP: UInt64?
    package var shmem: UInt64?
    package var slab: UInt64?
    package var sock: UInt64?
    package var fileDirty: UInt64?
    package var fileWriteback: UInt64?
    package var swapCached: UInt64?
    package var zswap: UInt64?

    /// In pages, as are the three below.
    package var pgscan: UInt64?
    package var pgsteal: UInt64?
    package var refaultAnon: UInt64?
    package var refaultFile: UInt64?

    package var cpuBursts: UInt64?
    package var cpuBurst: UInt64?
    /// By its own quota or one above it, which `ContainerCounters.cpuThrottled` doesn't count.
    package var cpuThrottledLocal: UInt64?
    package var psiCPUFull: UInt64?

    package var pidsPeak: UInt64?
    package var pidsLimitHits: UInt64?
    package var ioDiscards: UInt64?

    package init() {}
}

/// What has been set for a cgroup, and isn't a limit that those above it lower. Version 2 only.
package struct CgroupSettings: Sendable, Equatable {
    /// `nil` for none.
    package var memoryHigh: UInt64?
    /// Protected from reclaim; the largest number for all that it uses.
    package var memoryLow: UInt64?
    package var memoryMin: UInt64?
    /// `nil` without a limit.
    package var swapLimit: UInt64?
    /// 1 to 10000; 0 for one that gets only what nobody else wants (`cpu.idle`).
    package var cpuWeight: UInt64?

    package init() {}

    /// Protection of all is that of the host's memory: no cgroup has more. `nil` where that isn't known.
    mutating func capProtection(at hostMemory: UInt64?) {
        memoryLow = Self.cap(memoryLow, at: hostMemory)
        memoryMin = Self.cap(memoryMin, at: hostMemory)
    }

    private static func cap(_ value: UInt64?, at most: UInt64?) -> UInt64? {
        guard let value else { return nil }
        guard let most else { return value == .max ? nil : value }
        return min(value, most)
    }
}
