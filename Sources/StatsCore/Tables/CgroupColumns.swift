/// The columns that containers and units have in common: what a cgroup says. Sources are given as cgroup v2 · v1; a third source is the engine's API, where that gives
/// the same counter.
enum CgroupColumns {
    @inline(__always) static func visitCPU<V: ColumnVisitor & ~Copyable>(_ c: ContainerCounters, percent: Double?, _ v: inout V) {
        v.counter("cpu_us", c.cpu, "cpu.stat usage_usec · cpuacct.usage · cpu_stats.cpu_usage.total_usage", "CPU time")
        v.counter("cpu_user_us", c.cpuUser, "cpu.stat user_usec · cpuacct.stat user · cpu_usage.usage_in_usermode", "CPU time in user mode")
        v.counter(
            "cpu_system_us", c.cpuSystem, "cpu.stat system_usec · cpuacct.stat system · cpu_usage.usage_in_kernelmode",
            "CPU time in the kernel")
        v.counter(
            "cpu_periods", c.cpuPeriods, "cpu.stat nr_periods · throttling_data.periods", "Bandwidth periods in which it was runnable")
        v.counter(
            "cpu_throttled_periods", c.cpuThrottledPeriods, "cpu.stat nr_throttled · throttling_data.throttled_periods",
            "Periods in which its quota ran out")
        v.counter(
            "cpu_throttled_us", c.cpuThrottled, "cpu.stat throttled_usec · throttled_time · throttling_data.throttled_time",
            "Time that it was held back")
        v.gauge(
            "cpu_percent", percent, "cpu_us of two readings", "CPU time over elapsed time since the reading before: 100 is one core")
        v.gauge(
            "cpu_limit", c.cpuLimit, unit: "cores", "cpu.max · cpu.cfs_quota_us / cpu.cfs_period_us · HostConfig",
            "Cores that it may use: the least of its own limit and those of the cgroups above it; empty without a limit")
    }

    @inline(__always) static func visitMemory<V: ColumnVisitor & ~Copyable>(_ c: ContainerCounters, _ v: inout V) {
        v.gauge(
            "memory_usage_bytes", c.memoryUsage, "memory.current · memory.usage_in_bytes · memory_stats.usage",
            "Memory charged to it, file pages included")
        v.gauge(
            "memory_limit_bytes", c.memoryLimit, "memory.max · memory.stat hierarchical_memory_limit · memory_stats.limit",
            "The least of its own limit, those of the cgroups above it, and the host's memory; empty where nobody counts its memory")
        v.gauge("memory_percent", c.memoryPercent, "memory_usage_bytes / memory_limit_bytes", "Usage over limit")
        v.gauge(
            "memory_working_set_bytes", c.memoryWorkingSet, "memory_usage_bytes − inactive_file_bytes",
            "Usage without inactive file pages: what docker stats shows")
        v.gauge(
            "memory_peak_bytes", c.memoryPeak, "memory.peak · memory.max_usage_in_bytes · memory_stats.max_usage",
            "Highest usage since its cgroup was made, as at each start; with v1 since anybody reset it by writing to that file")
        v.gauge("memory_rss_bytes", c.memoryRSS, "memory.stat anon · total_rss", "Anonymous memory")
        v.gauge("memory_cache_bytes", c.memoryCache, "memory.stat file · total_cache", "File pages, shared memory included")
        v.gauge("memory_mapped_file_bytes", c.memoryMappedFile, "memory.stat file_mapped · total_mapped_file", "File pages that are mapped")
        v.gauge("memory_kernel_bytes", c.memoryKernel, "memory.stat kernel · memory.kmem.usage_in_bytes", "Kernel memory on its behalf")
        v.gauge("memory_swap_bytes", c.memorySwap, "memory.swap.current · memory.stat total_swap", "Memory swapped out")
        v.gauge("active_anon_bytes", c.activeAnon, "memory.stat active_anon · total_active_anon", "Anonymous memory in recent use")
        v.gauge(
            "inactive_anon_bytes", c.inactiveAnon, "memory.stat inactive_anon · total_inactive_anon", "Anonymous memory not in recent use")
        v.gauge("active_file_bytes", c.activeFile, "memory.stat active_file · total_active_file", "File pages in recent use")
        v.gauge("inactive_file_bytes", c.inactiveFile, "memory.stat inactive_file · total_inactive_file", "File pages not in recent use")
        v.gauge("unevictable_bytes", c.unevictable, "memory.stat unevictable · total_unevictable", "Memory that can't be reclaimed")
        v.counter("pgfault", c.pgfault, "memory.stat pgfault · total_pgfault", "Page faults")
        v.counter("pgmajfault", c.pgmajfault, "memory.stat pgmajfault · total_pgmajfault", "Page faults that waited for a disk")
        v.counter("pgpgin", c.pgpgin, unit: "pages", "— · memory.stat total_pgpgin", "Pages charged (v1 only)")
        v.counter("pgpgout", c.pgpgout, unit: "pages", "— · memory.stat total_pgpgout", "Pages uncharged (v1 only)")
        v.counter(
            "memory_failures", c.memoryFailures, "memory.events max · memory.failcnt · memory_stats.failcnt",
            "Times that usage hit the limit")
        v.counter("oom_kills", c.oomKills, "memory.events oom_kill · memory.oom_control oom_kill", "Processes killed for want of memory")
    }

    @inline(__always) static func visitBlockIO<V: ColumnVisitor & ~Copyable>(_ c: ContainerCounters, _ v: inout V) {
        v.counter(
            "io_read_bytes", c.ioReadBytes, "io.stat rbytes · blkio.throttle.io_service_bytes Read · blkio_stats", "Read from block devices"
        )
        v.counter(
            "io_write_bytes", c.ioWriteBytes, "io.stat wbytes · blkio.throttle.io_service_bytes Write · blkio_stats",
            "Written to block devices")
        v.counter(
            "io_discard_bytes", c.ioDiscardBytes, "io.stat dbytes · blkio.throttle.io_service_bytes Discard · blkio_stats", "Discarded")
        v.counter(
            "io_sync_bytes", c.ioSyncBytes, "— · blkio.throttle.io_service_bytes Sync · blkio_stats", "Synchronous transfers (v1 only)")
        v.counter(
            "io_async_bytes", c.ioAsyncBytes, "— · blkio.throttle.io_service_bytes Async · blkio_stats", "Asynchronous transfers (v1 only)")
        v.counter(
            "io_total_bytes", c.ioTotalBytes, "io.stat rbytes + wbytes + dbytes · blkio.throttle.io_service_bytes Total · blkio_stats",
            "Read, written and discarded")
        v.counter("io_reads", c.ioReads, "io.stat rios · blkio.throttle.io_serviced Read · blkio_stats", "Read requests")
        v.counter("io_writes", c.ioWrites, "io.stat wios · blkio.throttle.io_serviced Write · blkio_stats", "Write requests")
    }

    @inline(__always) static func visitPressure<V: ColumnVisitor & ~Copyable>(_ c: ContainerCounters, _ v: inout V) {
        v.counter("psi_cpu_some_us", c.psiCPUSome, "cpu.pressure some total", "Time in which some task waited for a core (v2)")
        v.counter("psi_memory_some_us", c.psiMemorySome, "memory.pressure some total", "Time in which some task waited for memory (v2)")
        v.counter("psi_memory_full_us", c.psiMemoryFull, "memory.pressure full total", "Time in which all tasks waited for memory (v2)")
        v.counter("psi_io_some_us", c.psiIOSome, "io.pressure some total", "Time in which some task waited for I/O (v2)")
        v.counter("psi_io_full_us", c.psiIOFull, "io.pressure full total", "Time in which all tasks waited for I/O (v2)")
    }

    @inline(__always) static func visitProcesses<V: ColumnVisitor & ~Copyable>(_ c: ContainerCounters, _ v: inout V) {
        v.gauge("pids", c.pids, "pids.current · pids.current · pids_stats.current", "Processes and threads")
        v.gauge(
            "pids_limit", c.pidsLimit, "pids.max · pids.max · pids_stats.limit",
            "Most processes and threads allowed, by its own limit and those of the cgroups above it; empty without a limit")
    }

    /// The columns of `CgroupDetails`, of whatever has a cgroup.
    @inline(__always) static func visitDetails<V: ColumnVisitor & ~Copyable>(_ d: CgroupDetails, _ v: inout V) {
        v.gauge(
            "memory_high_bytes", d.settings.memoryHigh, "memory.high · —",
            "Usage above which the kernel slows it down and takes memory back, by its own setting; empty without one (v2 only)")
        v.gauge(
            "memory_low_bytes", d.settings.memoryLow, "memory.low · —",
            "Usage up to which its memory is spared as long as others have some to give, by its own setting; at most the host's memory (v2 only)"
        )
        v.gauge(
            "memory_min_bytes", d.settings.memoryMin, "memory.min · —",
            "Usage up to which its memory is never taken back, by its own setting; at most the host's memory (v2 only)")
        v.gauge(
            "memory_swap_limit_bytes", d.settings.swapLimit, "memory.swap.max · —",
            "Most swap that it may use, by its own setting; empty without a limit (v2 only: v1 limits swap and memory together)")
        v.counter(
            "memory_high_events", d.memoryHighEvents, "memory.events high · —",
            "Times that its processes were slowed down for usage above memory_high_bytes (v2)")
        v.counter(
            "memory_oom_events", d.memoryOOMEvents, "memory.events oom · —",
            "Times that an allocation was about to fail at the limit, whether a process was killed or not (v2)")
        v.counter(
            "oom_group_kills", d.oomGroupKills, "memory.events oom_group_kill · —",
            "Times that all its processes were killed at once for want of memory (v2, Linux 5.17)")
        v.counter(
            "swap_failures", d.swapFailures, "memory.swap.events fail · —",
            "Times that it got no swap, as there was none or its limit was reached (v2)")
        v.gauge("anon_thp_bytes", d.anonTHP, "memory.stat anon_thp · total_rss_huge", "Anonymous memory in transparent huge pages")
        v.gauge("shmem_bytes", d.shmem, "memory.stat shmem · total_shmem", "Shared memory and tmpfs, a part of memory_cache_bytes")
        v.gauge("slab_bytes", d.slab, "memory.stat slab · —", "The kernel's data structures on its behalf (v2)")
        v.gauge("sock_bytes", d.sock, "memory.stat sock · —", "Buffers of its network connections (v2)")
        v.gauge("file_dirty_bytes", d.fileDirty, "memory.stat file_dirty · total_dirty", "File pages that have still to be written")
        v.gauge(
            "file_writeback_bytes", d.fileWriteback, "memory.stat file_writeback · total_writeback", "File pages that are being written")
        v.gauge(
            "swap_cached_bytes", d.swapCached, "memory.stat swapcached · total_swapcached",
            "Memory that is in swap as well, and counts as both")
        v.gauge("zswap_bytes", d.zswap, "memory.stat zswap · —", "Memory that holds its compressed swap (v2)")
        v.counter("pgscan", d.pgscan, unit: "pages", "memory.stat pgscan · —", "Pages looked at to take memory back (v2)")
        v.counter("pgsteal", d.pgsteal, unit: "pages", "memory.stat pgsteal · —", "Pages taken back (v2)")
        v.counter(
            "workingset_refault_anon", d.refaultAnon, unit: "pages",
            "memory.stat workingset_refault_anon · total_workingset_refault_anon", "Anonymous pages wanted again after they were taken back"
        )
        v.counter(
            "workingset_refault_file", d.refaultFile, unit: "pages",
            "memory.stat workingset_refault_file · total_workingset_refault_file", "File pages wanted again after they were taken back")
        v.counter(
            "cpu_bursts", d.cpuBursts, "cpu.stat nr_bursts · nr_bursts",
            "Periods in which it used more than its quota, by what it had saved")
        v.counter("cpu_burst_us", d.cpuBurst, "cpu.stat burst_usec · burst_time", "CPU time above the quota in those periods")
        v.gauge(
            "cpu_weight", d.settings.cpuWeight, "cpu.weight · —",
            "Its share of the cores beside others that want them, 1 to 10000, by default 100; 0: only what nobody wants (v2 only: v1's shares are another scale)"
        )
        v.counter("psi_cpu_full_us", d.psiCPUFull, "cpu.pressure full total", "Time in which all tasks waited for a core (v2)")
        v.counter(
            "cpu_throttled_local_us", d.cpuThrottledLocal, "cpu.stat.local throttled_usec · throttled_time",
            "Time that it was held back by its own quota or by one above it, on each core (Linux 6.6)")
        v.gauge("pids_peak", d.pidsPeak, "pids.peak · pids.peak", "Most processes and threads since its cgroup was made")
        v.counter(
            "pids_limit_hits", d.pidsLimitHits, "pids.events max · pids.events max",
            "Times that no process was made, as a limit was reached: its own (v2 since Linux 6.11), or one above it")
        v.counter("io_discards", d.ioDiscards, "io.stat dios · blkio.throttle.io_serviced Discard", "Discard requests")
    }
}
