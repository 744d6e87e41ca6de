/// The table `host`: one row per tick about the node as a whole.
package enum HostTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        visitProcessors(reading, &v)
        visitPressure(reading, &v)
        visitMemory(reading, &v)
        visitPages(reading, &v)
        visitSockets(reading, &v)
        v.gauge("files_open", reading.files.open, "/proc/sys/fs/file-nr 1 - 2", "File handles in use")
        v.gauge("files_max", reading.files.limit, "/proc/sys/fs/file-nr 3", "File handles that there may be")
        v.gauge(
            "tcp6_inuse", reading.sockets.tcp6InUse, "/proc/net/sockstat6 TCP6 inuse",
            "TCP sockets in use that were made for IPv6, also where their peers speak IPv4")
        v.gauge(
            "udp6_inuse", reading.sockets.udp6InUse, "/proc/net/sockstat6 UDP6 inuse",
            "UDP sockets in use that were made for IPv6, also where their peers speak IPv4")
    }

    private static func visitProcessors<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        let t = reading.stat.total
        v.counter("cpu_user_us", t.user, "/proc/stat cpu user", "Time in user mode, guests included, of all cores")
        v.counter("cpu_nice_us", t.nice, "/proc/stat cpu nice", "Time in user mode at low priority, guests included, of all cores")
        v.counter("cpu_system_us", t.system, "/proc/stat cpu system", "Time in kernel mode, of all cores")
        v.counter("cpu_idle_us", t.idle, "/proc/stat cpu idle", "Time idle, of all cores")
        v.counter("cpu_iowait_us", t.iowait, "/proc/stat cpu iowait", "Time idle while a disk was waited for; may go backwards")
        v.counter("cpu_irq_us", t.irq, "/proc/stat cpu irq", "Time in interrupts, of all cores")
        v.counter("cpu_softirq_us", t.softirq, "/proc/stat cpu softirq", "Time in soft interrupts, of all cores")
        v.counter("cpu_steal_us", t.steal, "/proc/stat cpu steal", "Time that the hypervisor gave to others, of all cores")
        v.counter("cpu_guest_us", t.guest, "/proc/stat cpu guest", "Time in guests of this host, of all cores")
        v.counter("cpu_guest_nice_us", t.guestNice, "/proc/stat cpu guest_nice", "Time in guests at low priority, of all cores")
        v.gauge("cpu_percent", reading.cpuPercent, "/proc/stat cpu", "Time not idle since the last row, of all cores' time (0 to 100)")
        v.counter("context_switches", reading.stat.contextSwitches, "/proc/stat ctxt", "Switches from one task to another")
        v.counter("interrupts", reading.stat.interrupts, "/proc/stat intr", "Interrupts served")
        v.counter("softirqs", reading.stat.softirqs, "/proc/stat softirq", "Soft interrupts served")
        v.counter("forks", reading.stat.forks, "/proc/stat processes", "Processes and threads made")
        v.gauge("procs_running", reading.stat.running, "/proc/stat procs_running", "Tasks running or ready to run")
        v.gauge("procs_blocked", reading.stat.blocked, "/proc/stat procs_blocked", "Tasks waiting for I/O")
        v.gauge("load1", reading.load.one, "/proc/loadavg 1", "Tasks running or blocked, averaged over 1 minute")
        v.gauge("load5", reading.load.five, "/proc/loadavg 2", "Tasks running or blocked, averaged over 5 minutes")
        v.gauge("load15", reading.load.fifteen, "/proc/loadavg 3", "Tasks running or blocked, averaged over 15 minutes")
        v.counter("uptime_us", reading.uptime.microseconds, "/proc/uptime 1", "Time since boot")
    }

    private static func visitPressure<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        v.counter("psi_cpu_some_us", reading.cpuPressure.some, "/proc/pressure/cpu some total", "Time in which a task waited for a core")
        v.counter(
            "psi_memory_some_us", reading.memoryPressure.some, "/proc/pressure/memory some total", "Time in which a task waited for memory")
        v.counter(
            "psi_memory_full_us", reading.memoryPressure.full, "/proc/pressure/memory full total",
            "Time in which all tasks waited for memory")
        v.counter("psi_io_some_us", reading.ioPressure.some, "/proc/pressure/io some total", "Time in which a task waited for I/O")
        v.counter("psi_io_full_us", reading.ioPressure.full, "/proc/pressure/io full total", "Time in which all tasks waited for I/O")
    }

    private static func visitMemory<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        let m = reading.memory
        v.gauge("memory_total_bytes", m[.total], "/proc/meminfo MemTotal", "Memory that the kernel manages")
        v.gauge("memory_free_bytes", m[.free], "/proc/meminfo MemFree", "Memory used for nothing")
        v.gauge("memory_available_bytes", m[.available], "/proc/meminfo MemAvailable", "Memory to be had without swapping")
        v.gauge("memory_buffers_bytes", m[.buffers], "/proc/meminfo Buffers", "Cache of block devices")
        v.gauge("memory_cached_bytes", m[.cached], "/proc/meminfo Cached", "Page cache, tmpfs included")
        v.gauge("memory_active_bytes", m[.active], "/proc/meminfo Active", "Memory used recently")
        v.gauge("memory_inactive_bytes", m[.inactive], "/proc/meminfo Inactive", "Memory not used recently")
        v.gauge("memory_dirty_bytes", m[.dirty], "/proc/meminfo Dirty", "Memory waiting to be written to disk")
        v.gauge("memory_writeback_bytes", m[.writeback], "/proc/meminfo Writeback", "Memory being written to disk")
        v.gauge("memory_anon_bytes", m[.anon], "/proc/meminfo AnonPages", "Memory of processes that no file backs")
        v.gauge("memory_mapped_bytes", m[.mapped], "/proc/meminfo Mapped", "Files mapped into processes")
        v.gauge("memory_shmem_bytes", m[.shmem], "/proc/meminfo Shmem", "Shared memory and tmpfs")
        v.gauge("memory_slab_reclaimable_bytes", m[.slabReclaimable], "/proc/meminfo SReclaimable", "Kernel objects that can be given back")
        v.gauge("memory_slab_unreclaimable_bytes", m[.slabUnreclaimable], "/proc/meminfo SUnreclaim", "Kernel objects that can't")
        v.gauge("memory_kernel_stack_bytes", m[.kernelStack], "/proc/meminfo KernelStack", "Kernel stacks of tasks")
        v.gauge("memory_page_tables_bytes", m[.pageTables], "/proc/meminfo PageTables", "Page tables of processes")
        v.gauge("memory_committed_bytes", m[.committed], "/proc/meminfo Committed_AS", "Memory promised to processes")
        v.gauge("swap_total_bytes", m[.swapTotal], "/proc/meminfo SwapTotal", "Swap space")
        v.gauge("swap_free_bytes", m[.swapFree], "/proc/meminfo SwapFree", "Swap space used for nothing")
        v.gauge("memory_percent", m.usedPercent, "/proc/meminfo MemTotal, MemAvailable", "Memory not available, of all (0 to 100)")
    }

    private static func visitPages<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        let p = reading.pages
        v.gauge("nr_active_anon", p[.activeAnon], unit: "pages", "/proc/vmstat nr_active_anon", "Anonymous pages used recently")
        v.gauge("nr_inactive_anon", p[.inactiveAnon], unit: "pages", "/proc/vmstat nr_inactive_anon", "Anonymous pages not used recently")
        v.gauge("nr_active_file", p[.activeFile], unit: "pages", "/proc/vmstat nr_active_file", "File pages used recently")
        v.gauge("nr_inactive_file", p[.inactiveFile], unit: "pages", "/proc/vmstat nr_inactive_file", "File pages not used recently")
        v.gauge("nr_mapped", p[.mapped], unit: "pages", "/proc/vmstat nr_mapped", "File pages mapped into processes")
        v.counter("pgpgin", p[.pagedIn], unit: "KiB", "/proc/vmstat pgpgin", "Read from block devices")
        v.counter("pgpgout", p[.pagedOut], unit: "KiB", "/proc/vmstat pgpgout", "Written to block devices")
        v.counter("pswpin", p[.swappedIn], unit: "pages", "/proc/vmstat pswpin", "Pages swapped in")
        v.counter("pswpout", p[.swappedOut], unit: "pages", "/proc/vmstat pswpout", "Pages swapped out")
        v.counter("pgfree", p[.freed], unit: "pages", "/proc/vmstat pgfree", "Pages freed")
        v.counter("pgfault", p[.faults], "/proc/vmstat pgfault", "Page faults, major ones included")
        v.counter("pgmajfault", p[.majorFaults], "/proc/vmstat pgmajfault", "Page faults that waited for a disk")
        v.counter("pgreuse", p[.reused], unit: "pages", "/proc/vmstat pgreuse", "Pages written again instead of being copied")
        v.counter(
            "pgscan", p[.scanned], unit: "pages", "/proc/vmstat pgscan_{kswapd,direct,…}*", "Pages looked at by reclaim")
        v.counter(
            "pgsteal", p[.stolen], unit: "pages", "/proc/vmstat pgsteal_{kswapd,direct,…}*", "Pages taken by reclaim")
        v.counter("oom_kill", p[.oomKills], "/proc/vmstat oom_kill", "Processes killed for lack of memory")
        v.counter(
            "workingset_refault_anon", p[.refaultsAnon], unit: "pages", "/proc/vmstat workingset_refault_anon",
            "Anonymous pages needed again soon after they were taken")
        v.counter(
            "workingset_refault_file", p[.refaultsFile], unit: "pages", "/proc/vmstat workingset_refault_file",
            "File pages needed again soon after they were taken")
    }

    private static func visitSockets<V: ColumnVisitor & ~Copyable>(_ reading: borrowing HostReading, _ v: inout V) {
        let s = reading.sockets
        v.gauge("sockets_used", s.used, "/proc/net/sockstat sockets used", "Sockets of all families")
        v.gauge("tcp_inuse", s.tcpInUse, "/proc/net/sockstat TCP inuse", "TCP sockets in use that were made for IPv4")
        v.gauge("tcp_orphan", s.tcpOrphans, "/proc/net/sockstat TCP orphan", "TCP sockets that no process holds")
        v.gauge("tcp_time_wait", s.tcpTimeWait, "/proc/net/sockstat TCP tw", "TCP connections in TIME-WAIT")
        v.gauge("tcp_alloc", s.tcpAllocated, "/proc/net/sockstat TCP alloc", "TCP sockets allocated")
        v.gauge("tcp_mem_pages", s.tcpMemoryPages, unit: "pages", "/proc/net/sockstat TCP mem", "Memory of TCP's buffers")
        v.gauge("udp_inuse", s.udpInUse, "/proc/net/sockstat UDP inuse", "UDP sockets in use that were made for IPv4")
        v.counter("tcp_retransmits", reading.snmp.tcpRetransmits, "/proc/net/snmp Tcp RetransSegs", "TCP segments sent again")
        v.counter("tcp_in_errors", reading.snmp.tcpInErrors, "/proc/net/snmp Tcp InErrs", "TCP segments received in error")
        v.counter(
            "tcp_listen_drops", reading.netstat.tcpListenDrops, "/proc/net/netstat TcpExt ListenDrops",
            "Connections that listeners dropped")
        v.counter("udp_in_errors", reading.snmp.udpInErrors, "/proc/net/snmp Udp InErrors", "UDP datagrams received in error")
    }
}

extension TickRows {
    /// Appends the row of `host`.
    package mutating func append(host reading: borrowing HostReading) {
        row(.host) { HostTable.visit(reading, &$0) }
    }
}
