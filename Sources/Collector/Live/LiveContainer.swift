import StatsCore

/// What the stream says of one container: the newest values of its row, and rates since the row before.
struct LiveContainer: Sendable {
    /// What rates are made of.
    struct Counters: Sendable, Equatable {
        var received: UInt64?
        var sent: UInt64?
        var read: UInt64?
        var written: UInt64?
        var periods: UInt64?
        var throttledPeriods: UInt64?
    }

    let id: String
    let node: String
    let name: String?
    private let image: String?
    private let state: String?
    private let health: String?
    private let source: String?
    private let project: String?
    private let service: String?
    private let pod: String?
    private let namespace: String?
    let cpuPercent: Double?
    private let cpuLimit: Double?
    let memoryUsage: Double?
    private let memoryLimit: Double?
    let memoryPercent: Double?
    private(set) var receivedPerSecond: Double?
    private(set) var sentPerSecond: Double?
    private(set) var readPerSecond: Double?
    private(set) var writtenPerSecond: Double?
    private(set) var throttledPercent: Double?
    private let pids: Double?
    private let pidsLimit: Double?
    private let restarts: Double?
    private let oomKills: Double?
    private let counters: Counters
    /// When its counters were read, in microseconds since 1970: an engine's sample may be older than the tick that carries it.
    private let sampled: Int64

    /// - Parameter time: the tick's instant.
    /// - Returns: `nil` for a row without an id.
    init?(_ row: LiveRow, time: Int64, node: String) {
        guard let id = row.text("container_id") else { return nil }
        self.id = id
        self.node = node
        name = row.text("container")
        image = row.text("image")
        state = row.text("state")
        health = row.text("health")
        source = row.text("source")
        project = row.text("compose_project")
        service = row.text("compose_service") ?? row.text("swarm_service")
        pod = row.text("kubernetes_pod") ?? row.text("kubernetes_pod_uid")
        namespace = row.text("kubernetes_namespace")
        cpuPercent = row.number("cpu_percent")?.tenths
        cpuLimit = row.number("cpu_limit")
        memoryUsage = row.number("memory_usage_bytes")?.wholeKiB
        memoryLimit = row.number("memory_limit_bytes")
        memoryPercent = row.number("memory_percent")?.tenths
        pids = row.number("pids")
        pidsLimit = row.number("pids_limit")
        restarts = row.number("restarts")
        oomKills = row.number("oom_kills")
        // Whatever an agent says; a day is more than an age can be.
        sampled = time - Int64(min(max(row.number("sample_age_us") ?? 0, -86_400e6), 86_400e6))
        counters = Counters(
            received: row.count("rx_bytes"), sent: row.count("tx_bytes"), read: row.count("io_read_bytes"),
            written: row.count("io_write_bytes"), periods: row.count("cpu_periods"), throttledPeriods: row.count("cpu_throttled_periods"))
    }

    /// Takes over what is known since the row before; when both carry the same sample, what was known then.
    mutating func compare(with old: LiveContainer) {
        guard sampled != old.sampled else {
            (receivedPerSecond, sentPerSecond) = (old.receivedPerSecond, old.sentPerSecond)
            (readPerSecond, writtenPerSecond) = (old.readPerSecond, old.writtenPerSecond)
            throttledPercent = old.throttledPercent
            return
        }
        let rate = LiveRate(elapsed: sampled - old.sampled)
        receivedPerSecond = rate.perSecond(counters.received, old.counters.received)?.rounded()
        sentPerSecond = rate.perSecond(counters.sent, old.counters.sent)?.rounded()
        readPerSecond = rate.perSecond(counters.read, old.counters.read)?.rounded()
        writtenPerSecond = rate.perSecond(counters.written, old.counters.written)?.rounded()
        guard let periods = rate.perSecond(counters.periods, old.counters.periods),
            let throttled = rate.perSecond(counters.throttledPeriods, old.counters.throttledPeriods)
        else { return }
        throttledPercent = periods > 0 ? (throttled / periods * 100).tenths : 0
    }

    static let fields: [LiveField<LiveContainer>] = [
        LiveField("id") { .text($0.id) },
        LiveField("name") { .text($0.name) },
        LiveField("node") { .text($0.node) },
        LiveField("image") { .text($0.image) },
        LiveField("state") { .text($0.state) },
        LiveField("health") { .text($0.health) },
        LiveField("source") { .text($0.source) },
        LiveField("project") { .text($0.project) },
        LiveField("service") { .text($0.service) },
        LiveField("pod") { .text($0.pod) },
        LiveField("namespace") { .text($0.namespace) },
        LiveField("cpu_percent") { .number($0.cpuPercent) },
        LiveField("cpu_limit") { .number($0.cpuLimit) },
        LiveField("memory_usage_bytes") { .number($0.memoryUsage) },
        LiveField("memory_limit_bytes") { .number($0.memoryLimit) },
        LiveField("memory_percent") { .number($0.memoryPercent) },
        LiveField("rx_bytes_per_s") { .number($0.receivedPerSecond) },
        LiveField("tx_bytes_per_s") { .number($0.sentPerSecond) },
        LiveField("io_read_bytes_per_s") { .number($0.readPerSecond) },
        LiveField("io_write_bytes_per_s") { .number($0.writtenPerSecond) },
        LiveField("pids") { .number($0.pids) },
        LiveField("pids_limit") { .number($0.pidsLimit) },
        LiveField("throttled_percent") { .number($0.throttledPercent) },
        LiveField("restarts") { .number($0.restarts) },
        LiveField("oom_kills") { .number($0.oomKills) },
    ]
}
