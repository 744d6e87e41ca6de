/// Tells what of a cgroup may be another than at its last reading, so that nothing else has to be read.
///
/// What a cgroup counts changes while its processes run, which its CPU time shows, and for four other reasons: a process comes, goes or is moved (`pids`); the
/// kernel takes pages back, or somebody else uses pages that are charged to it (memory); dirty pages are written; a process waits without running (pressure, a
/// quota), or others make transfers for it. A cgroup without processes and without memory is at rest altogether. What nobody tells of, such as a page that
/// another cgroup's process has touched, is seen by a reading of everything each few times.
struct CgroupRest {
    /// What has to be read besides that by which it is told.
    enum Reading {
        case all
        /// What goes on for processes that don't run.
        case waiting
        case nothing
    }

    /// Of so many readings one is of everything, while there are processes or memory, and else.
    private static let turns: UInt32 = 4
    private static let emptyTurns: UInt32 = 16

    /// The last reading, without what is set from outside; `nil` when the next one has to be of everything.
    private var last: ContainerCounters?
    private var round: UInt32

    /// - Parameter place: its directory. Cgroups that were found together have their turns at different times.
    init(_ place: String?) { round = (place ?? "").utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 } }

    /// - Parameters:
    ///   - counters: CPU time, memory and processes as they are now; what needn't be read is added from the last reading.
    ///   - mayHaveChanged: whether something has been set, or the kernel has taken back memory since the last reading.
    mutating func next(_ counters: inout ContainerCounters, mayHaveChanged: Bool) -> Reading {
        round &+= 1
        guard let last, !mayHaveChanged, counters.cpu != nil, counters.cpu == last.cpu, counters.memoryUsage == last.memoryUsage,
            counters.pids == last.pids
        else { return .all }
        // Not known counts as dirty where there is memory.
        let isClean = last.details.fileDirty == 0 && last.details.fileWriteback == 0
        guard isClean || counters.memoryUsage ?? 0 == 0 else { return .all }
        let isEmpty = counters.pids == 0 && counters.memoryUsage == 0
        if round % (isEmpty ? Self.emptyTurns : Self.turns) == 0 { return .all }
        let now = counters
        counters = last
        if isEmpty { return .nothing }
        counters.takeThrottling(of: now)
        counters.forgetWaiting()
        return .waiting
    }

    /// - Parameter counters: what was read; `nil` when something couldn't be.
    mutating func took(_ counters: ContainerCounters?) { last = counters }
}

extension ContainerCounters {
    /// Version 2 tells it beside the CPU time; a task that waits for a quota doesn't run.
    fileprivate mutating func takeThrottling(of now: ContainerCounters) {
        (cpuPeriods, cpuThrottledPeriods, cpuThrottled) = (now.cpuPeriods, now.cpuThrottledPeriods, now.cpuThrottled)
        (details.cpuBursts, details.cpuBurst) = (now.details.cpuBursts, now.details.cpuBurst)
    }

    /// Empties what `CgroupV1.readWaiting` and `CgroupV2.readWaiting` read.
    fileprivate mutating func forgetWaiting() {
        (ioReadBytes, ioWriteBytes, ioDiscardBytes, ioSyncBytes, ioAsyncBytes, ioTotalBytes) = (nil, nil, nil, nil, nil, nil)
        (ioReads, ioWrites, details.ioDiscards) = (nil, nil, nil)
        (psiCPUSome, details.psiCPUFull, psiMemorySome, psiMemoryFull, psiIOSome, psiIOFull) = (nil, nil, nil, nil, nil, nil)
        details.cpuThrottledLocal = nil
    }
}
