/// What is live of a container: each value in one line or two.
///
/// A new one is put where it belongs in the order; `docs/LIVE.md`, `GET /fields.json`, the stream and the judgement follow from it.
extension LiveKind where Source == RowSource {
    package static let container = LiveKind("container", names + use + traffic + troubled + past)

    private static let names: [LiveField<RowSource>] = [
        LiveField("id", .text("container_id"), "ID", .text, "Full id of the container"),
        LiveField("name", .text("container"), "Name", .text, "Its name; unknown when nobody tells it"),
        LiveField("node", .node, "Node", .text, "The node that it runs on"),
        LiveField("image", .text("image"), "Image", .text, "The image that it was made from"),
        LiveField(
            "state", .text("state"), "State", .text,
            "As the engine says: running, paused, restarting, …; exited for ten minutes after its end",
            // What restarts by itself has failed. Whatever else doesn't run, somebody may have wanted so.
            // How it ended is judged below.
            .words(["running": .ok, "exited": .ok, "restarting": .hot, "dead": .hot], others: .warm),
            trouble: LiveTrouble("down", rank: 11, "Restarting, dead", "It restarts again and again, or is dead", since: .hot)),
        LiveField(
            "health", .text("health"), "Health", .text, "As its health check says; unknown without one",
            .words(["unhealthy": .hot], others: .ok),
            trouble: LiveTrouble("unhealthy", rank: 10, "Unhealthy", "Its health check fails")),
        LiveField("source", .text("source"), "Source", .text, "Who read its counters: docker or cgroup"),
        LiveField("project", .text("compose_project"), "Project", .text, "Its Compose project"),
        LiveField("service", .text(["compose_service", "swarm_service"]), "Service", .text, "Its Compose or Swarm service"),
        LiveField("pod", .text(["kubernetes_pod", "kubernetes_pod_uid"]), "Pod", .text, "Its Kubernetes pod, else the pod's UID"),
        LiveField("namespace", .text("kubernetes_namespace"), "Namespace", .text, "Its Kubernetes namespace"),
    ]

    private static let use: [LiveField<RowSource>] = [
        LiveField(
            "cpu_percent", .number("cpu_percent", .tenths), "CPU %", short: "CPU%", .percent, "CPU time: 100 is one core",
            // Without a limit it may use all cores of its node: one busy core of 64 is no reason to worry.
            .from(warm: 0.8, hot: 0.95, of: .cores(limit: "cpu_limit"))),
        LiveField(
            "cpu_limit", .number("cpu_limit"), "CPU limit", short: "CORES", .decimal, "Cores that it may use; unknown without a limit"),
        LiveField(
            "memory_usage_bytes", .number("memory_usage_bytes", .wholeKiB), "Memory", short: "MEM", .bytes,
            "Memory charged to it, file pages included"),
        LiveField(
            "memory_limit_bytes", .number("memory_limit_bytes"), "Limit", .bytes, "Its limit, at most its node's memory"),
        LiveField(
            "memory_percent", .number("memory_percent", .tenths), "Mem %", short: "MEM%", .percent, "Memory used, of its limit",
            // File pages count and are given back when there is need, so that 90 % may be well.
            .from(warm: 0.8, hot: 0.95, of: .value(100))),
    ]

    private static let traffic: [LiveField<RowSource>] = [
        LiveField(
            "rx_bytes_per_s", .rate("rx_bytes"), "Net in/s", short: "RX/s", .bytesPerSecond,
            "Received a second; unknown on the host's network"),
        LiveField(
            "tx_bytes_per_s", .rate("tx_bytes"), "Net out/s", short: "TX/s", .bytesPerSecond, "Sent a second; unknown on the host's network"
        ),
        LiveField(
            "io_read_bytes_per_s", .rate("io_read_bytes"), "Read/s", short: "RD/s", .bytesPerSecond, "Read from block devices a second"),
        LiveField(
            "io_write_bytes_per_s", .rate("io_write_bytes"), "Write/s", short: "WR/s", .bytesPerSecond, "Written to block devices a second"),
    ]

    private static let troubled: [LiveField<RowSource>] = [
        LiveField("pids", .number("pids"), "PIDs", .count, "Processes and threads"),
        LiveField(
            "pids_limit", .number("pids_limit"), "PID limit", short: "PIDMAX", .count,
            "Most processes and threads allowed; unknown without a limit"),
        LiveField(
            "throttled_percent", .share("cpu_throttled_periods", of: "cpu_periods"), "Throttled", short: "THR%", .percent,
            "The share of its CPU periods in which its quota ran out",
            // Some periods run out whenever something begins; nobody feels fewer than one in twenty.
            .from(warm: 0.05, hot: 0.25, of: .value(100)),
            trouble: LiveTrouble("throttled", rank: 13, "Throttled", "Its CPU quota runs out, so that it is held back")),
        LiveField(
            "restarts", .number("restarts"), "Restarts", .count, "Restarts by the engine", .above(0, .warm)),
        LiveField(
            "oom_kills", .number("oom_kills"), "Killed in all", short: "OOMALL", .count,
            "Processes killed for want of memory since it began; unknown where the engine reads it",
            // It may be long ago.
            .above(0, .warm)),
    ]

    /// A container that restarts again and again is gone whenever somebody looks; this is where it stays to be seen.
    private static let past: [LiveField<RowSource>] = [
        LiveField("exit_code", .past(.exitCode), "Exit code", short: "EXIT", .plain, "How it ended last; unknown after ten minutes"),
        LiveField(
            "failures_10m", .past(.failures), "Failed", .count,
            "Times that it ended by itself with an error in the last ten minutes; unknown without an engine", .above(0, .warm),
            trouble: LiveTrouble("failed", rank: 15, "Failed", "It has ended with an error")),
        LiveField(
            "restarts_10m", .past(.restarts), "Restarted", .count,
            "Times that it began again after such an end in the last ten minutes; unknown without an engine",
            // Once may be an accident. What fails again and again doesn't work.
            .from(warm: 1, hot: 3, of: .value(1)),
            trouble: LiveTrouble("restarted", rank: 14, "Restarted", "It has failed and begun again")),
        LiveField(
            "oom_kills_10m", .past(.oomKills), "Killed for memory", short: "OOM", .count,
            "Times that its processes were killed for want of memory in the last ten minutes; unknown where nobody tells",
            // Somebody's work was cut off, and will be again: the limit is too low.
            .above(0, .hot), trouble: LiveTrouble("oom", rank: 12, "Killed for memory", "Processes of it were killed for want of memory")),
    ]
}
