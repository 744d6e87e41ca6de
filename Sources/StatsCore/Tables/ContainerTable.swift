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
        CgroupColumns.visitDetails(r.counters.details, &v)
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
