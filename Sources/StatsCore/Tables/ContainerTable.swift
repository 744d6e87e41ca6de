/// One container at one tick.
package struct ContainerReading: Sendable, Equatable {
    package var containerID: EncodedText?
    package var container: EncodedText?
    package var image: EncodedText?
    /// `docker` or `cgroup`: where the counters were read.
    package var source: EncodedText?
    /// The tick's instant minus the reading's, in µs; below zero when it was read after the instant.
    package var sampleAge: Int64?
    package var names = DeploymentNames()

    package var state: EncodedText?
    package var health: EncodedText?
    package var restarts: UInt64?

    /// 100 is one core.
    package var cpuPercent: Double?
    package var counters = ContainerCounters()
    /// Whose traffic the network counters are: `own`, `host` or `container:<id>`.
    package var network: EncodedText?
    /// When its first process was started, microseconds since boot.
    package var started: UInt64?
    /// `engine`, `bundle` or `kubelet`: who told its names.
    package var toldBy: EncodedText?

    package init() {}
}

/// The columns of `container.csv`: a row per container and tick.
package enum ContainerTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: ContainerReading, _ v: inout V) {
        v.identity("container_id", r.containerID, "engine Id · cgroup path", "Full id of the container")
        v.identity(
            "container", r.container, "engine Name · bundle annotations · kubelet's log names",
            "Name of the container, of a pod's the one that it has in its pod; empty when nobody tells it")
        v.identity("image", r.image, "engine Config.Image · bundle annotations", "Image that it was made from")
        v.identity(
            "source", r.source, "Sonde",
            "Who read the counters: cgroup (the kernel's files) or docker (the engine's stats, and from the cgroup what they lack, such as OOM kills)"
        )
        v.signed(
            "sample_age_us", .identity, r.sampleAge, "", "Sonde",
            "How old the reading was at the tick's instant; negative: read so long after it")
        visitNames(r.names, &v)
        v.gauge("state", r.state, "engine State.Status", "running, paused, restarting, …; exited in the last row of one that has ended")
        v.gauge("health", r.health, "engine State.Health.Status", "starting, healthy or unhealthy; empty without a health check")
        v.gauge("restarts", r.restarts, "engine RestartCount", "Restarts by the engine")
        CgroupColumns.visitCPU(r.counters, percent: r.cpuPercent, &v)
        CgroupColumns.visitMemory(r.counters, &v)
        CgroupColumns.visitBlockIO(r.counters, &v)
        visitNetwork(r.counters.network, &v)
        CgroupColumns.visitProcesses(r.counters, &v)
        CgroupColumns.visitPressure(r.counters, &v)
        v.identity(
            "network", r.network, "/proc/<init pid>/ns/net · HostConfig.NetworkMode",
            "Whose traffic rx_bytes to tx_dropped are: own; container:<id>, that container's, whose network it shares; host; empty: not known"
        )
        v.identity(
            "started_us", r.started, "/proc/<init pid>/stat starttime",
            "When its first process began, since the host's boot; another value is another start, whose counters begin anew")
        v.identity(
            "names", r.toldBy, "Sonde",
            "Who told its name, image and pod: engine (by its socket), bundle (the runtime's files), kubelet (the names of its logs); empty: nobody"
        )
        visitDetails(r.counters.details, &v)
    }

    /// The columns of `CgroupDetails`, of whatever has a cgroup.
    @inline(__always) package static func visitDetails<V: ColumnVisitor & ~Copyable>(_ d: CgroupDetails, _ v: inout V) {
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
            "cpu_bursts", d.cpuBursts, "cpu.stat nr_bursts · nr_bursts", "Periods in which it used more than its quota, by what it had saved")
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
            "pids_limit_hits", d.pidsLimitHits, "pids.events max · pids.events max", "Times that no process was made, as its limit was reached")
        v.counter("io_discards", d.ioDiscards, "io.stat dios · blkio.throttle.io_serviced Discard", "Discard requests")
    }

    @inline(__always) private static func visitNetwork<V: ColumnVisitor & ~Copyable>(_ n: NetDevTotals, _ v: inout V) {
        v.counter(
            "rx_bytes", n.rxBytes, "/proc/<init pid>/net/dev · networks.*",
            "Received by its own interfaces; empty on the host's network")
        v.counter("rx_packets", n.rxPackets, "/proc/<init pid>/net/dev · networks.*", "Packets received")
        v.counter("rx_errors", n.rxErrors, "/proc/<init pid>/net/dev · networks.*", "Receive errors")
        v.counter("rx_dropped", n.rxDropped, "/proc/<init pid>/net/dev · networks.*", "Received packets dropped")
        v.counter("tx_bytes", n.txBytes, "/proc/<init pid>/net/dev · networks.*", "Sent")
        v.counter("tx_packets", n.txPackets, "/proc/<init pid>/net/dev · networks.*", "Packets sent")
        v.counter("tx_errors", n.txErrors, "/proc/<init pid>/net/dev · networks.*", "Send errors")
        v.counter("tx_dropped", n.txDropped, "/proc/<init pid>/net/dev · networks.*", "Sent packets dropped")
    }
}

extension TickRows {
    package mutating func append(_ reading: ContainerReading) {
        row(.container) { ContainerTable.visit(reading, &$0) }
    }
}
