/// Where a live value of a node comes from.
package enum NodeSource: Sendable {
    /// What the collector knows of its agent.
    case agent(@Sendable (NodeFacts) -> LiveValue)
    /// The one row of table `host` or `agent`.
    case row(TableID, RowSource)
    /// All rows of a table together, without the devices that are made of others.
    case sum(TableID, RowSource)
    /// How many rows a table has.
    case rows(TableID)
    /// The file system that is fullest.
    case fullest(RowSource)
    /// Who uses most CPU time of it.
    case busiest(@Sendable (BusiestUse) -> LiveValue)
}

/// What the collector knows of a node's agent.
package struct NodeFacts: Sendable, Equatable {
    package var report: NodeReport
    /// Since when nothing has been heard of it, in microseconds; `nil` while it is connected.
    package var lostFor: Int64?

    package init(_ report: NodeReport, lostFor: Int64? = nil) { (self.report, self.lostFor) = (report, lostFor) }
}

/// What is live of a node: each value in one line or two.
extension LiveKind where Source == NodeSource {
    package static let node = LiveKind("node", agent + use + pressure + traffic + cost)

    private static let agent: [LiveField<NodeSource>] = [
        LiveField("node", .agent { .text($0.report.node) }, "Node", .text, "Its name"),
        LiveField("connected", .agent { .flag($0.report.isConnected) }, "Connected", .flag, "Whether its agent is connected"),
        LiveField(
            "lost_ms", .agent { LiveValue($0.lostFor.map { $0 / 1000 }) }, "Lost for", .milliseconds,
            "Time since its agent was lost; unknown while it is connected",
            // From the first moment on.
            .above(-1, .hot), trouble: LiveTrouble("lost", rank: 0, "Lost", "Its agent is not connected")),
        LiveField("address", .agent { .text($0.report.address) }, "Address", .text, "The agent's address"),
        LiveField("version", .agent { .text($0.report.version) }, "Agent's version", .text, "The agent's version"),
        LiveField("kernel", .agent { LiveValue($0.report.kernel) }, "Kernel", .text, "The host's kernel"),
        LiveField("cgroup", .agent { LiveValue($0.report.cgroup) }, "cgroup", .text, "How the host's cgroups are mounted"),
        LiveField("privileged", .agent { LiveValue($0.report.privileged) }, "As root", .flag, "Whether the agent may read everything"),
        LiveField(
            "processes_hidden", .agent { LiveValue($0.report.processesHidden) }, "Hidden", .flag,
            "Whether the host hides the processes of other users from the agent (hidepid); unknown when it doesn't"),
        LiveField("containers", .agent { LiveValue($0.report.containers) }, "Cont.", short: "CTRS", .count, "Containers"),
        LiveField(
            // Of those that are hidden nobody knows how many there are.
            "processes", .agent { LiveValue($0.report.processesHidden == true ? nil : $0.report.processes) }, "Processes", short: "PROCS",
            .count, "Processes in containers, or all with --processes all; unknown where the host hides them"),
        LiveField(
            "left_out", .agent { LiveValue($0.report.leftOut) }, "Not shown", .counts,
            "Rows that aren't live, by table, as there are too many; unknown when all are",
            .above(0, .warm), trouble: LiveTrouble("left_out", rank: 7, "Not all shown", "It has more than the collector shows live")),
        LiveField(
            "last_tick_age_ms", .agent { LiveValue($0.report.lastTickAgeMs) }, "Last tick", .milliseconds, "How old the last tick is",
            // Whatever the interval is: at 1 minute, 59 s are nothing. A second at least, as ticks of 10 ms come in bunches.
            .from(warm: 3, hot: 10, of: .interval(least: 1000)),
            trouble: LiveTrouble("lags", rank: 1, "Lags", "No tick has come for three intervals")),
        LiveField(
            "clock_offset_us", .agent { LiveValue($0.report.clockOffsetUs) }, "Clock", .microseconds, "How far its clock is off"),
        LiveField("clock_error_us", .agent { LiveValue($0.report.clockErrorUs) }, "Clock ±", .microseconds, "How sure that is"),
        LiveField(
            "backlog_frames", .agent { LiveValue($0.report.backlogFrames) }, "Backlog", .count,
            "Frames that the agent keeps until they are on the collector's disk",
            // Some are under way at any time.
            .above(100, .warm),
            trouble: LiveTrouble("behind", rank: 8, "Behind", "The collector takes its frames more slowly than they come")),
        LiveField("ticks", .agent { LiveValue($0.report.ticks) }, "Ticks", .count, "Its ticks of the run in progress that are on disk"),
        LiveField(
            "missing", .agent { LiveValue($0.report.missing) }, "Missing", .counts, "Its ticks that the run in progress lacks, by reason",
            .above(0, .hot)),
    ]

    private static let use: [LiveField<NodeSource>] = [
        LiveField("cores", .rows(.cpu), "Cores", .count, "Cores that are online"),
        LiveField(
            "cpu_percent", .row(.host, .number("cpu_percent", .tenths)), "CPU %", short: "CPU%", .percent, "Of all its cores",
            .from(warm: 0.8, hot: 0.95, of: .value(100))),
        LiveField(
            "busiest", .busiest { .text($0.name) }, "Most CPU by", .text,
            "The unit or container that uses most CPU time, with the process that does most of it, or a process alone; in fleets of more "
                + "than 100 nodes known while `cpu_percent` is warm"),
        LiveField(
            "busiest_kind", .busiest { .text($0.kind.rawValue) }, "Kind of it", .text,
            "What `busiest` is or runs in: container, unit, or process for neither"),
        LiveField(
            "busiest_cpu_percent", .busiest { .number(LiveRounding.tenths($0.cpuPercent)) }, "Most CPU", short: "MOST%", .percent,
            "CPU time of `busiest`: 100 is one core"),
        LiveField("memory_total_bytes", .row(.host, .number("memory_total_bytes")), "Memory", short: "MEM", .bytes, "Its memory"),
        LiveField(
            "memory_available_bytes", .row(.host, .number("memory_available_bytes", .wholeKiB)), "Available", short: "AVAIL", .bytes,
            "Memory that programs can still get"),
        LiveField(
            "memory_percent", .row(.host, .number("memory_percent", .tenths)), "Memory %", short: "MEM%", .percent,
            "Memory that programs can't get any more",
            // File pages are left out, unlike in a container's: in the last tenth the kernel reclaims and then kills.
            .from(warm: 0.8, hot: 0.9, of: .value(100)),
            trouble: LiveTrouble("memory", rank: 3, "Memory", "Its memory is nearly used up", since: .hot)),
        LiveField(
            "load1", .row(.host, .number("load1")), "Load", .decimal, "Tasks running or blocked, averaged over a minute",
            .from(warm: 1, hot: 2, of: .field("cores"))),
    ]

    private static let pressure: [LiveField<NodeSource>] = [
        LiveField(
            "psi_cpu_percent", .row(.host, .rate("psi_cpu_some_us", times: 1e-4, .tenths)), "CPU wait %", short: "PSI-C%", .percent,
            "The share of time in which a task waited for a core",
            // A host that is well used has somebody waiting for a core much of the time.
            .from(warm: 0.25, hot: 0.5, of: .value(100)),
            trouble: LiveTrouble("cpu_pressure", rank: 6, "Waits for CPU", "Tasks wait for a core most of the time", since: .hot)),
        LiveField(
            "psi_memory_percent", .row(.host, .rate("psi_memory_some_us", times: 1e-4, .tenths)), "Memory wait %", short: "PSI-M%",
            .percent,
            "The share of time in which a task waited for memory",
            // Waiting for memory or a disk is time lost, which nobody has asked for: a twentieth of it can be felt.
            .from(warm: 0.05, hot: 0.2, of: .value(100)),
            trouble: LiveTrouble("memory_pressure", rank: 4, "Waits for memory", "Tasks often wait for memory", since: .hot)),
        LiveField(
            "psi_io_percent", .row(.host, .rate("psi_io_some_us", times: 1e-4, .tenths)), "I/O wait %", short: "PSI-I%", .percent,
            "The share of time in which a task waited for I/O", .from(warm: 0.05, hot: 0.2, of: .value(100)),
            trouble: LiveTrouble("io_pressure", rank: 5, "Waits for I/O", "Tasks often wait for I/O", since: .hot)),
        LiveField("disk_mount", .fullest(.text("mount")), "Fullest at", .text, "Where the fullest file system is mounted"),
        LiveField(
            "disk_used_percent", .fullest(.fullness), "Fullest disk", short: "DISK%", .percent, "How full the fullest file system is",
            // File systems live long at 75 %. From 85 % on a kubelet cleans up its images; at 95 % little is left for what grows.
            .from(warm: 0.85, hot: 0.95, of: .value(100)),
            trouble: LiveTrouble("disk", rank: 2, "Disk", "A file system is nearly full")),
        LiveField(
            "disk_available_bytes", .fullest(.number("available_bytes", .wholeKiB)), "Disk free", short: "FREE", .bytes,
            "Space that the fullest file system still has"),
    ]

    private static let traffic: [LiveField<NodeSource>] = [
        LiveField(
            // Sectors of 512 bytes, whatever the disk's are.
            "disk_read_bytes_per_s", .sum(.disk, .rate("read_sectors", times: 512)), "Read/s", short: "RD/s", .bytesPerSecond,
            "Read from all its disks a second"),
        LiveField(
            "disk_write_bytes_per_s", .sum(.disk, .rate("write_sectors", times: 512)), "Write/s", short: "WR/s", .bytesPerSecond,
            "Written to all its disks a second"),
        LiveField(
            "rx_bytes_per_s", .sum(.network, .rate("rx_bytes")), "Net in/s", short: "RX/s", .bytesPerSecond,
            "Received by all its interfaces a second"),
        LiveField(
            "tx_bytes_per_s", .sum(.network, .rate("tx_bytes")), "Net out/s", short: "TX/s", .bytesPerSecond,
            "Sent by all its interfaces a second"),
    ]

    private static let cost: [LiveField<NodeSource>] = [
        LiveField(
            "agent_cpu_percent", .row(.agent, .rate("cpu_us", times: 1e-4, .tenths)), "Agent CPU", short: "AGENT%", .percent,
            "CPU time of the agent: 100 is one core",
            // What observes should not be noticed: a tenth of a core is more than it ever needs.
            .from(warm: 0.1, hot: 0.5, of: .value(100))),
        LiveField(
            "agent_rss_bytes", .row(.agent, .number("rss_bytes", .wholeKiB)), "Agent memory", short: "AGENTMEM", .bytes,
            "Resident memory of the agent"),
        LiveField(
            "agent_lateness_us", .row(.agent, .number("lateness_us")), "Late by", short: "LATE", .microseconds,
            "How long after the tick's instant the reading began"),
    ]
}
