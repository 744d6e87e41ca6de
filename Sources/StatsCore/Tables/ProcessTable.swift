/// One process at one tick.
package struct ProcessReading: Sendable, Equatable {
    package var containerID: EncodedText?
    package var container: EncodedText?
    /// The systemd unit that it belongs to; `nil` for a container's process.
    package var unit: EncodedText?
    package var user: EncodedText?
    package var comm: EncodedText?
    package var state: EncodedText?
    /// 100 is one core.
    package var cpuPercent: Double?
    /// Resident memory as a share of the host's memory.
    package var memoryPercent: Double?

    package var stat = PidStat()
    package var statm = PidStatm()
    package var status = PidStatus()
    package var io = PidIO()
    /// How it ended; `nil` while it lives, and where nobody tells.
    package var exit: ExitStatus?
    package var openFiles: UInt64?
    package var smaps = PidSmapsRollup()

    package init() {}
}

/// The columns of `process.csv`: a row per process and tick, of those that `--processes`, `--match` and `--top` choose. Pid and start time together identify a process.
package enum ProcessTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: ProcessReading, _ v: inout V) {
        v.identity("container_id", r.containerID, "cgroup.procs", "Full id of the container that it runs in; empty for the host's own")
        v.identity("container", r.container, "engine Name", "Name of that container")
        v.identity("pid", r.stat.pid, "/proc/<pid>/stat pid", "Process id on the host")
        v.identity("ppid", r.stat.ppid, "/proc/<pid>/stat ppid", "Process id of its parent")
        v.identity("start_us", r.stat.start, "/proc/<pid>/stat starttime", "When it began, since the host's boot")
        v.identity("comm", r.comm, "/proc/<pid>/stat comm", "Name of its program, at most 15 bytes")
        v.identity(
            "state", r.state, "/proc/<pid>/stat state",
            "R running, S sleeping, D waiting for I/O, Z zombie, T stopped, I idle; X dead, in the last row of one that has ended")
        v.gauge("threads", r.stat.threads, "/proc/<pid>/stat num_threads", "Threads")
        v.counter("cpu_user_us", r.stat.cpuUser, "/proc/<pid>/stat utime", "CPU time in user mode")
        v.counter("cpu_system_us", r.stat.cpuSystem, "/proc/<pid>/stat stime", "CPU time in the kernel")
        v.counter(
            "children_user_us", r.stat.childrenUser, "/proc/<pid>/stat cutime", "CPU time in user mode of children that it waited for")
        v.counter(
            "children_system_us", r.stat.childrenSystem, "/proc/<pid>/stat cstime", "CPU time in the kernel of children that it waited for")
        v.counter(
            "block_delay_us", r.stat.blockDelay, "/proc/<pid>/stat delayacct_blkio_ticks",
            "Time spent waiting for block I/O; 0 where the kernel doesn't account it")
        v.gauge(
            "cpu_percent", r.cpuPercent, "cpu_user_us + cpu_system_us of two readings",
            "CPU time over elapsed time since the reading before: 100 is one core")
        v.gauge("vsz_bytes", r.statm.size, "/proc/<pid>/statm size", "Virtual memory")
        v.gauge("rss_bytes", r.statm.resident, "/proc/<pid>/statm resident", "Resident memory")
        v.gauge("shared_bytes", r.statm.shared, "/proc/<pid>/statm shared", "Resident file pages and shared memory")
        v.gauge("text_bytes", r.statm.text, "/proc/<pid>/statm text", "Program code")
        v.gauge("data_bytes", r.statm.data, "/proc/<pid>/statm data", "Data and stack")
        v.gauge("memory_percent", r.memoryPercent, "rss_bytes / MemTotal", "Resident memory over the host's")
        v.gauge("swap_bytes", r.status.swap, "/proc/<pid>/status VmSwap", "Memory swapped out")
        v.counter("minor_faults", r.stat.minorFaults, "/proc/<pid>/stat minflt", "Page faults without I/O")
        v.counter("major_faults", r.stat.majorFaults, "/proc/<pid>/stat majflt", "Page faults that waited for a disk")
        v.counter("read_chars", r.io.readChars, unit: "bytes", "/proc/<pid>/io rchar", "Bytes that it read by system calls, cached or not")
        v.counter("write_chars", r.io.writeChars, unit: "bytes", "/proc/<pid>/io wchar", "Bytes that it wrote by system calls")
        v.counter("read_syscalls", r.io.readCalls, "/proc/<pid>/io syscr", "Read system calls")
        v.counter("write_syscalls", r.io.writeCalls, "/proc/<pid>/io syscw", "Write system calls")
        v.counter("read_bytes", r.io.readBytes, "/proc/<pid>/io read_bytes", "Fetched from storage")
        v.counter("write_bytes", r.io.writeBytes, "/proc/<pid>/io write_bytes", "Sent to storage")
        v.counter(
            "cancelled_write_bytes", r.io.cancelledWriteBytes, "/proc/<pid>/io cancelled_write_bytes",
            "Not written after all, since the file was cut or removed")
        v.counter(
            "voluntary_switches", r.status.voluntarySwitches, "/proc/<pid>/status voluntary_ctxt_switches",
            "Times that it gave up its core to wait")
        v.counter(
            "involuntary_switches", r.status.involuntarySwitches, "/proc/<pid>/status nonvoluntary_ctxt_switches",
            "Times that its core was taken away")
        v.identity(
            "unit", r.unit, "/proc/<pid>/cgroup",
            "The systemd unit that it belongs to, such as nginx.service; empty for a container's process")
        v.identity("uid", r.status.uid, "/proc/<pid>/status Uid", "Effective user id")
        v.identity("user", r.user, "/etc/passwd of the host", "Name of that user; empty where the file has none")
        v.gauge(
            "peak_rss_bytes", r.status.peakResident, "/proc/<pid>/status VmHWM · taskstats hiwater_rss", "The most resident memory so far")
        v.identity(
            "exit_code", r.exit?.code, "taskstats ac_exitcode", "What it gave exit(); empty while it lives, and where a signal ended it")
        v.identity("exit_signal", r.exit?.signal, "taskstats ac_exitcode", "Number of the signal that ended it")
        v.gauge(
            "nice", r.stat.nice, unit: "number", "/proc/<pid>/stat nice",
            "Its priority, from -20 (goes before others) to 19, as of when it last ran")
        v.gauge(
            "open_files", r.openFiles, "/proc/<pid>/fd", "Files that it has open; before Linux 6.2 counted at most every ten seconds")
        v.gauge(
            "uss_bytes", r.smaps.uss, "/proc/<pid>/smaps_rollup Private_Clean + Private_Dirty",
            "Memory that no other process has (only with --smaps), as of the tick before and of when it last ran")
        v.gauge(
            "pss_bytes", r.smaps.pss, "/proc/<pid>/smaps_rollup Pss",
            "Memory with a share of what it shares with other processes (only with --smaps), as of the tick before and of when it last ran")
    }
}

extension TickRows {
    /// - Parameter exit: of a process that has ended, which of the agent's exits it is.
    package mutating func append(_ reading: ProcessReading, exit: UInt64? = nil) {
        row(.process) { ProcessTable.visit(reading, &$0) }
        var use = ProcessUse(reading)
        use.exit = exit
        noteProcess(use)
    }
}
