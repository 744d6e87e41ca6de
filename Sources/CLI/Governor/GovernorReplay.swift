import StatsCore

/// Replays a recorded run to a governor, tick by tick. Each node has a governor of its own, one after the other.
struct GovernorReplay {
    struct Result {
        let node: String
        let tick: UInt64
        /// Microseconds since the run's beginning.
        let passed: Int64
        let decision: GovernorDecision
    }

    /// The labels that a run records.
    private static let labels = [
        "compose_project": DeploymentNames.composeProjectLabel, "compose_service": DeploymentNames.composeServiceLabel,
        "swarm_service": DeploymentNames.swarmServiceLabel, "kubernetes_namespace": "io.kubernetes.pod.namespace",
        "kubernetes_pod": "io.kubernetes.pod.name", "kubernetes_container": "io.kubernetes.container.name",
        "kubernetes_pod_uid": DeploymentNames.podUIDLabel,
    ]

    let policy: GovernorPolicy
    private(set) var ticks: UInt64 = 0
    private(set) var badRows: UInt64 = 0
    /// Containers without a name, because no engine gave one. Policies leave them alone.
    private(set) var nameless: Set<String> = []
    /// Whether any row of a container has its state.
    private(set) var hasContainers = false

    init(_ policy: GovernorPolicy) { self.policy = policy }

    /// Remarks for the reader of the decisions.
    var remarks: [String] {
        var remarks: [String] = []
        if policy.groups.contains(where: { $0.match.traits.contains { $0.attribute == .label } }) {
            remarks.append(
                "a run doesn't hold labels but those of Compose, Swarm and Kubernetes: groups that match by another label get none here")
        }
        if policy.exempt.contains(.label) {
            remarks.append("a run doesn't say which containers carry \(GovernorProtection.label): those that do would be left alone")
        }
        if !nameless.isEmpty {
            remarks.append("\(nameless.count) containers have no name in the run, for want of an engine, and are left alone")
        }
        if !hasContainers { remarks.append("the run has no row of a container") }
        if badRows > 0 { remarks.append("\(badRows) rows can't be read and were passed over") }
        return remarks
    }

    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    mutating func run(_ run: borrowing RunOnDisk, node: String, _ each: (Result) -> Void) throws {
        var containers = try TickCursor.open(
            run, table: "container",
            columns: ["container_id", "container", "image", "sample_age_us", "state", "cpu_percent", "memory_usage_bytes"]
                + Self.labels.keys,
            node: node)
        var processes = try TickCursor.open(
            run, table: "process", columns: ["container_id", "state", "rss_bytes", "vsz_bytes"], node: node)
        // Runs of earlier versions have no units.
        var units = try run.dictionary.names(of: "unit").flatMap { _ in
            try TickCursor.open(
                run, table: "unit", columns: ["unit", "cgroup", "sample_age_us", "cpu_percent", "memory_usage_bytes"], node: node)
        }
        var hosts = try TickCursor.open(
            run, table: "host",
            columns: ["memory_total_bytes", "memory_available_bytes", "psi_cpu_some_us", "psi_memory_some_us", "psi_io_some_us"], node: node
        )
        var events = try TickCursor.open(run, table: "event", columns: ["kind", "container_id"], node: node)

        var governor = Governor(policy, isSimulated: true)
        var meter = GovernorHostMeter()
        var host = GovernorHost()
        var starts: [String: Int64] = [:]
        let grid = run.claims.grid
        while let tick = [containers?.tick, processes?.tick, hosts?.tick].compactMap({ $0 }).min(), tick <= run.lastTick {
            ticks += 1
            let now = Int64(tick) * grid.interval
            // Also takes events of earlier ticks: their ticks may have no other rows.
            while let earlier = events?.tick, earlier <= tick {
                try events?.take(earlier) { row in
                    guard row.text("kind") == "container start", let id = row.text("container_id") else { return }
                    starts[id] = grid.instant(of: earlier)
                }
            }
            try hosts?.take(tick) { row in
                host = meter.host(
                    at: now, memoryTotal: row.count("memory_total_bytes"), memoryAvailable: row.count("memory_available_bytes"),
                    waits: .init(
                        cpu: row.count("psi_cpu_some_us"), memory: row.count("psi_memory_some_us"), io: row.count("psi_io_some_us")))
            }
            var sums: [String: (rss: Double?, vsz: Double?)] = [:]
            try processes?.take(tick) { row in
                // One that has ended holds no memory.
                guard let id = row.text("container_id"), row.text("state") != "X" else { return }
                let (rss, vsz) = (row.number("rss_bytes"), row.number("vsz_bytes"))
                let sum = sums[id] ?? (0, 0)
                // If a value of one process is unknown, the sum is unknown too.
                sums[id] = (rss.flatMap { rss in sum.rss.map { $0 + rss } }, vsz.flatMap { vsz in sum.vsz.map { $0 + vsz } })
            }
            var snapshot = GovernorSnapshot(interval: grid.interval, host: host)
            var unnamed: [String] = []
            try containers?.take(tick) { row in
                guard let id = row.text("container_id") else { return }
                if row.text("container") == nil { unnamed.append(id) }
                snapshot.containers.append(Self.container(row, id, now, sums[id], started: starts[id]))
            }
            hasContainers = hasContainers || !snapshot.containers.isEmpty
            nameless.formUnion(unnamed)
            while let earlier = units?.tick, earlier <= tick {
                try units?.take(earlier) { row in
                    guard earlier == tick, let name = row.text("unit"), let cgroup = row.text("cgroup") else { return }
                    snapshot.units.append(
                        GovernorUnit(
                            name: name, cgroup: cgroup, sampled: row.mark(at: now).sampled,
                            values: GovernorValues(cpu: row.number("cpu_percent"), memory: row.number("memory_usage_bytes"))))
                }
            }
            for decision in governor.decide(snapshot, at: now) { each(Result(node: node, tick: tick, passed: now, decision: decision)) }
        }
        badRows +=
            (containers?.badRows ?? 0) + (units?.badRows ?? 0) + (processes?.badRows ?? 0) + (hosts?.badRows ?? 0) + (events?.badRows ?? 0)
    }

    private static func container(
        _ row: borrowing TableRow, _ id: String, _ now: Int64, _ sums: (rss: Double?, vsz: Double?)?, started: Int64?
    ) -> GovernorContainer {
        var known: [String: String] = [:]
        for (column, label) in labels { known[label] = row.text(column) }
        return GovernorContainer(
            id: id, facts: GovernorFacts(name: row.text("container"), image: row.text("image"), labels: known), state: row.text("state"),
            started: started, sampled: row.mark(at: now).sampled,
            values: GovernorValues(cpu: row.number("cpu_percent"), memory: row.number("memory_usage_bytes"), rss: sums?.rss, vsz: sums?.vsz)
        )
    }
}
