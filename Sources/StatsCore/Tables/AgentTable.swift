/// What the agent itself cost at one tick.
package struct AgentReading: Sendable, Equatable {
    package var lateness: UInt64?
    package var readTime: UInt64?
    package var cpu: UInt64?
    package var rss: UInt64?
    package var openFiles: UInt64?
    package var spool: UInt64?
    package var queuedFrames: UInt64?
    package var readErrors: UInt64?
    package var engineCPU: UInt64?
    package var clockOffset: Int64?
    package var clockError: UInt64?
    package var processesLeftOut: UInt64?
    package var exitsLeftOut: UInt64?
    package var late = LateSources()

    package init() {}
}

/// Which sources weren't done in time: 1 when the rows of a source are missing from the tick, 0 when not, `nil` for a source that isn't run.
package struct LateSources: Sendable, Equatable {
    package var host: UInt64?
    package var filesystem: UInt64?
    package var container: UInt64?
    package var process: UInt64?
    package var unit: UInt64?
    package var metric: UInt64?

    package init() {}

    /// Sets the value of the source with that name.
    package mutating func note(_ source: String, isLate: Bool) {
        let value: UInt64 = isLate ? 1 : 0
        // Each scraped target is read by a worker of its own.
        switch source {
        case "host": host = value
        case "filesystem": filesystem = value
        case "container": container = value
        case "process": process = value
        case "unit": unit = value
        case "metric": metric = max(metric ?? 0, value)
        default: break
        }
    }
}

/// The columns of `agent.csv`: a row per node and tick.
package enum AgentTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: AgentReading, _ v: inout V) {
        v.gauge("lateness_us", r.lateness, "monotonic clock", "How long after the tick's instant the reading began")
        v.gauge("read_us", r.readTime, "monotonic clock", "How long the reading took")
        v.counter("cpu_us", r.cpu, "CLOCK_PROCESS_CPUTIME_ID", "CPU time of the agent")
        v.gauge("rss_bytes", r.rss, "/proc/self/statm resident", "Resident memory of the agent")
        v.gauge("open_files", r.openFiles, "/proc/self/fd", "Descriptors that the agent holds open")
        v.gauge("spool_bytes", r.spool, "spool", "Frames on the agent's disk that aren't acknowledged yet")
        v.gauge("queued_frames", r.queuedFrames, "uplink", "Frames that aren't acknowledged yet")
        v.counter(
            "read_errors", r.readErrors, "Sonde",
            "Files that could not be read although what they describe still lives, and failed answers of engines and scraped targets")
        v.counter("engine_cpu_us", r.engineCPU, "/proc/<pid>/stat of dockerd and containerd", "CPU time of the container engine")
        v.gauge("clock_offset_us", r.clockOffset, "ping and pong", "The collector's clock minus this node's")
        v.gauge("clock_error_us", r.clockError, "ping and pong", "Bound of the offset's error")
        v.gauge("host_late", r.late.host, "Sonde", "1 when the source `host` wasn't done in time: its rows are missing from this tick")
        v.gauge("filesystem_late", r.late.filesystem, "Sonde", "The same of the source `filesystem`")
        v.gauge(
            "container_late", r.late.container, "Sonde",
            "The same of the source `container`, which reads containers and their processes; empty for one that isn't run")
        v.gauge(
            "process_late", r.late.process, "Sonde", "The same of the source `process`, which reads the processes that are in no container")
        v.gauge(
            "processes_left_out", r.processesLeftOut, "Sonde",
            "Processes that have no row in this tick because of --top or --match; empty when none were read")
        v.gauge("unit_late", r.late.unit, "Sonde", "The same of the source `unit`, which reads units; empty for one that isn't run")
        v.gauge(
            "exits_left_out", r.exitsLeftOut, "taskstats",
            """
            Processes that ended and have no last row, since there were too many (or threads of which the kernel's message was lost); empty when their ends \
            aren't told
            """)
        v.gauge(
            "metric_late", r.late.metric, "Sonde",
            "The same of the source `metric`, which reads the targets of --scrape: 1 when the rows of any of them are missing; empty without one"
        )
    }
}

extension TickRows {
    package mutating func append(_ reading: AgentReading) {
        row(.agent) { AgentTable.visit(reading, &$0) }
    }
}
