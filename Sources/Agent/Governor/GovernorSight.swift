import FoundationEssentials
import StatsCore

/// Makes of a tick's rows, and of what the engine says of the containers, what the governor is shown.
struct GovernorSight {
    private let index: ContainerIndex
    private let own: OwnContainer
    private var meter = GovernorHostMeter()
    private var generation: UInt64 = 0
    private var infos: [String: ContainerInfo] = [:]

    init(index: ContainerIndex, own: OwnContainer) {
        self.index = index
        self.own = own
    }

    mutating func snapshot(_ tick: TickMailbox.Tick) -> GovernorSnapshot {
        if let newer = index.snapshot(newerThan: generation) {
            generation = newer.generation
            infos = Dictionary(newer.containers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        }
        var snapshot = GovernorSnapshot(interval: tick.times.interval)
        tick.rows.forEachRow(of: .host) { row in
            snapshot.host = meter.host(
                at: tick.times.instant, memoryTotal: row.count("memory_total_bytes"), memoryAvailable: row.count("memory_available_bytes"),
                waits: .init(cpu: row.count("psi_cpu_some_us"), memory: row.count("psi_memory_some_us"), io: row.count("psi_io_some_us")))
        }
        // Without an engine nothing can be done, and what it said of the containers may no longer be so.
        guard index.engine == .available else { return snapshot }
        var processes: [String: (rss: Double?, vsz: Double?)] = [:]
        tick.rows.forEachRow(of: .process) { row in
            // One that has ended holds no memory.
            guard let id = row.text("container_id"), row.text("state") != "X" else { return }
            let sum = processes[id] ?? (0, 0)
            let (rss, vsz) = (row.number("rss_bytes"), row.number("vsz_bytes"))
            // What isn't known of one process isn't known of all together.
            processes[id] = (rss.flatMap { rss in sum.rss.map { $0 + rss } }, vsz.flatMap { vsz in sum.vsz.map { $0 + vsz } })
        }
        tick.rows.forEachRow(of: .container) { row in
            guard let id = row.text("container_id"), let info = infos[id] else { return }
            // The last row of one that has ended: there is nothing left to act on, and its name may be the next start's by now.
            if row.text("state") == "exited" { return }
            snapshot.containers.append(
                GovernorContainer(
                    id: id, facts: GovernorFacts(name: info.name, image: info.image, labels: info.labels), state: info.state,
                    started: info.startedAt.flatMap { Timestamp.nanoseconds($0) }.map { $0 / 1000 }, isOwn: own.isIt(id),
                    sampled: SampleMark(tick: tick.times.instant, age: row.number("sample_age_us")).sampled,
                    values: GovernorValues(
                        cpu: row.number("cpu_percent"), memory: row.number("memory_usage_bytes"), rss: processes[id]?.rss,
                        vsz: processes[id]?.vsz)))
        }
        tick.rows.forEachRow(of: .unit) { row in
            guard let name = row.text("unit"), let cgroup = row.text("cgroup") else { return }
            snapshot.units.append(
                GovernorUnit(
                    name: name, cgroup: cgroup,
                    sampled: SampleMark(tick: tick.times.instant, age: row.number("sample_age_us")).sampled,
                    values: GovernorValues(cpu: row.number("cpu_percent"), memory: row.number("memory_usage_bytes"))))
        }
        return snapshot
    }
}

/// The container that the agent itself runs in, if it does.
struct OwnContainer {
    private let text: String

    /// Its id stands in the path of its cgroup, unless the cgroups have a namespace of their own, and in the source of the files that an engine mounts at
    /// /etc/hostname and its like.
    init() {
        let cgroups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
        let mounts = ((try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? "").split(separator: "\n").filter { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"].contains(fields[4])
        }
        text = cgroups + mounts.joined(separator: "\n")
    }

    /// - Parameter id: a full one; a few characters stand in any text.
    func isIt(_ id: String) -> Bool { id.utf8.count >= 12 && text.contains(id) }
}
