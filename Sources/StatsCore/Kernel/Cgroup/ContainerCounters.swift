/// What a container or a unit has used and may use, read from the cgroup's files or, of a container, from the engine.
///
/// Times are microseconds, sizes bytes; `nil` where the source doesn't say. Both readers fill the same fields with the same meaning. The
/// cgroup readers name the kernel file of each field next to the parser.
package struct ContainerCounters: Sendable, Equatable {
    package var cpu: UInt64?
    package var cpuUser: UInt64?
    package var cpuSystem: UInt64?
    package var cpuPeriods: UInt64?
    package var cpuThrottledPeriods: UInt64?
    package var cpuThrottled: UInt64?
    /// In cores, the least of its cgroup and those above it; `nil` without a limit.
    package var cpuLimit: Double?

    /// The usage from which `docker stats` subtracts the inactive file pages.
    package var memoryUsage: UInt64?
    /// The least of its cgroup and those above it. At most the host's memory; without a limit it is the host's memory.
    package var memoryLimit: UInt64?
    package var memoryPeak: UInt64?
    package var memoryRSS: UInt64?
    package var memoryCache: UInt64?
    package var memoryMappedFile: UInt64?
    package var memoryKernel: UInt64?
    package var memorySwap: UInt64?
    package var activeAnon: UInt64?
    package var inactiveAnon: UInt64?
    package var activeFile: UInt64?
    package var inactiveFile: UInt64?
    package var unevictable: UInt64?
    package var pgfault: UInt64?
    package var pgmajfault: UInt64?
    package var pgpgin: UInt64?
    package var pgpgout: UInt64?
    package var memoryFailures: UInt64?
    package var oomKills: UInt64?

    package var ioReadBytes: UInt64?
    package var ioWriteBytes: UInt64?
    package var ioDiscardBytes: UInt64?
    package var ioSyncBytes: UInt64?
    package var ioAsyncBytes: UInt64?
    package var ioTotalBytes: UInt64?
    package var ioReads: UInt64?
    package var ioWrites: UInt64?

    /// The interfaces of its network namespace that count (`NamespaceInterface`); empty for a container on the host's network.
    package var network = NetDevTotals()

    package var pids: UInt64?
    /// `nil` without a limit.
    package var pidsLimit: UInt64?

    package var psiCPUSome: UInt64?
    package var psiMemorySome: UInt64?
    package var psiMemoryFull: UInt64?
    package var psiIOSome: UInt64?
    package var psiIOFull: UInt64?

    package var details = CgroupDetails()

    package init() {}

    /// The number that `docker stats` shows: usage without the inactive file pages. As in Docker it is the usage itself when the
    /// two counters contradict each other; they aren't read at the same instant.
    package var memoryWorkingSet: UInt64? {
        guard let memoryUsage, let inactiveFile else { return nil }
        return inactiveFile < memoryUsage ? memoryUsage - inactiveFile : memoryUsage
    }

    /// Usage over limit; `nil` when either is unknown.
    package var memoryPercent: Double? {
        guard let memoryUsage, let memoryLimit, memoryLimit > 0 else { return nil }
        return Double(memoryUsage) / Double(memoryLimit) * 100
    }

    /// Whether a reading says what the container uses: a cgroup without these counters, as where only systemd's hierarchy is mounted, tells nothing of it.
    package var tellsUse: Bool { cpu != nil || memoryUsage != nil }

    /// Takes over from the cgroup's files what Docker's API has no member for, under version 1, version 2 or both: the peak, kernel memory, swap, failures, OOM
    /// kills, pressure and all details. What the engine did say stays.
    package mutating func fill(from kernel: ContainerCounters) {
        memoryPeak = memoryPeak ?? kernel.memoryPeak
        memoryKernel = memoryKernel ?? kernel.memoryKernel
        memorySwap = memorySwap ?? kernel.memorySwap
        memoryFailures = memoryFailures ?? kernel.memoryFailures
        oomKills = oomKills ?? kernel.oomKills
        psiCPUSome = psiCPUSome ?? kernel.psiCPUSome
        psiMemorySome = psiMemorySome ?? kernel.psiMemorySome
        psiMemoryFull = psiMemoryFull ?? kernel.psiMemoryFull
        psiIOSome = psiIOSome ?? kernel.psiIOSome
        psiIOFull = psiIOFull ?? kernel.psiIOFull
        details = kernel.details
    }

    /// Sets the limit to `hostMemory` when it is higher or absent: a container can't use more than the host has. Where nobody counts its memory, nobody
    /// limits it either, and an absent limit stays so. Nor can more be protected than there is.
    package mutating func capMemoryLimit(at hostMemory: UInt64?) {
        details.settings.capProtection(at: hostMemory)
        guard let hostMemory, memoryLimit != nil || memoryUsage != nil else { return }
        memoryLimit = min(memoryLimit ?? hostMemory, hostMemory)
    }
}
