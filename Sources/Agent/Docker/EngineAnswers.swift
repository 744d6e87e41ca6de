import StatsCore

/// The members of the engine's answers that Sonde reads. Field names are the API's.

/// `GET /version`
struct EngineVersion: Decodable, Sendable {
    var version: String
    var apiVersion: String
    /// The oldest version that the engine speaks.
    var minAPIVersion: String?
    var components: [Component]?

    struct Component: Decodable, Sendable {
        var name: String?
        enum CodingKeys: String, CodingKey { case name = "Name" }
    }

    /// Whether it is Podman, whose socket speaks Docker's API.
    var isPodman: Bool { components?.contains { $0.name == "Podman Engine" } ?? false }

    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minAPIVersion = "MinAPIVersion"
        case components = "Components"
    }
}

/// `GET /info`
struct EngineInfo: Decodable, Sendable {
    /// Of storage: `overlay2`, `overlayfs`.
    var driver: String?
    /// `systemd` or `cgroupfs`.
    var cgroupDriver: String?

    enum CodingKeys: String, CodingKey {
        case driver = "Driver"
        case cgroupDriver = "CgroupDriver"
    }
}

/// `GET /images/<id>/json`
struct InspectedImage: Decodable, Sendable {
    /// By which registries have it: `nginx@sha256:…`.
    var repoDigests: [String]?

    enum CodingKeys: String, CodingKey { case repoDigests = "RepoDigests" }
}

/// One element of `GET /containers/json`.
struct ListedContainer: Decodable, Sendable {
    var id: String
    var names: [String]?
    var image: String?
    var state: String?
    /// A text for people, such as `Up 2 hours (healthy)`. In a list, only this text shows a container's health.
    var status: String?
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case state = "State"
        case status = "Status"
        case labels = "Labels"
    }

    /// With the words of an inspect: `starting`, `healthy` or `unhealthy`.
    var health: String? {
        guard let status else { return nil }
        if status.hasSuffix("(healthy)") { return "healthy" }
        if status.hasSuffix("(unhealthy)") { return "unhealthy" }
        return status.hasSuffix("(health: starting)") ? "starting" : nil
    }
}

/// `GET /containers/<id>/json`
struct InspectedContainer: Decodable, Sendable {
    struct State: Decodable, Sendable {
        struct Health: Decodable, Sendable {
            var status: String?
            enum CodingKeys: String, CodingKey { case status = "Status" }
        }
        var status: String?
        var pid: Int32?
        var exitCode: Int64?
        var startedAt: String?
        var health: Health?

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case pid = "Pid"
            case exitCode = "ExitCode"
            case startedAt = "StartedAt"
            case health = "Health"
        }
    }

    struct HostConfig: Decodable, Sendable {
        var networkMode: String?
        var memory: Int64?
        var nanoCPUs: Int64?
        var cpuQuota: Int64?
        var cpuPeriod: Int64?
        var pidsLimit: Int64?
        var memorySwap: Int64?
        var cpusetCPUs: String?
        var restartPolicy: RestartPolicy?
        var runtime: String?

        enum CodingKeys: String, CodingKey {
            case networkMode = "NetworkMode"
            case memory = "Memory"
            case nanoCPUs = "NanoCpus"
            case cpuQuota = "CpuQuota"
            case cpuPeriod = "CpuPeriod"
            case pidsLimit = "PidsLimit"
            case memorySwap = "MemorySwap"
            case cpusetCPUs = "CpusetCpus"
            case restartPolicy = "RestartPolicy"
            case runtime = "Runtime"
        }
    }

    struct RestartPolicy: Decodable, Sendable {
        var name: String?
        var maximumRetryCount: Int64?

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case maximumRetryCount = "MaximumRetryCount"
        }

        /// As `docker run --restart` takes it. An empty name is an old engine's `no`.
        var text: String? {
            name.map { name in
                let count = maximumRetryCount ?? 0
                return name.isEmpty ? "no" : name == "on-failure" && count > 0 ? "\(name):\(count)" : name
            }
        }
    }

    struct Config: Decodable, Sendable {
        var image: String?
        var labels: [String: String]?

        enum CodingKeys: String, CodingKey {
            case image = "Image"
            case labels = "Labels"
        }
    }

    var id: String
    var name: String
    /// The image's digest, `sha256:…`.
    var image: String?
    var restartCount: UInt64?
    var state: State
    var hostConfig: HostConfig?
    var config: Config?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case image = "Image"
        case restartCount = "RestartCount"
        case state = "State"
        case hostConfig = "HostConfig"
        case config = "Config"
    }
}

/// One line of `GET /events`.
struct EngineEvent: Decodable, Sendable {
    struct Actor: Decodable, Sendable {
        var id: String
        /// The container's labels, mixed with `name`, `image` and what the action adds.
        var attributes: [String: String]?

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    var type: String?
    /// `start`, `die`, `health_status: healthy`, …
    var action: String
    var actor: Actor
    /// Nanoseconds since 1970, by the engine's clock.
    var timeNano: Int64?
    /// Podman's, of an event whose action is `health_status` alone.
    var healthStatus: String?

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
        case timeNano = "timeNano"
        case healthStatus = "HealthStatus"
    }
}

extension ContainerInfo {
    init(_ inspected: InspectedContainer) {
        let limits = inspected.hostConfig
        self.init(
            id: inspected.id, name: Self.plain(inspected.name), image: inspected.config?.image ?? "",
            labels: inspected.config?.labels ?? [:], initPID: inspected.state.pid.flatMap { $0 > 0 ? $0 : nil },
            state: inspected.state.status ?? "unknown",
            // The API writes `none` for a container without a health check.
            health: inspected.state.health?.status.flatMap { $0.isEmpty || $0 == "none" ? nil : $0 },
            restarts: inspected.restartCount, cpuLimit: limits?.cores, memoryLimit: Self.limit(limits?.memory),
            pidsLimit: Self.limit(limits?.pidsLimit), network: ContainerNetwork(mode: limits?.networkMode),
            startedAt: inspected.state.startedAt, names: .engine)
        settings = Self.settings(inspected)
    }

    private static func settings(_ inspected: InspectedContainer) -> ContainerSettings {
        let limits = inspected.hostConfig
        var settings = ContainerSettings(id: inspected.id, name: plain(inspected.name), image: inspected.config?.image ?? "")
        settings.imageID = inspected.image
        settings.cpuLimit = limits?.cores
        settings.cpuset = limits?.cpusetCPUs.flatMap { $0.isEmpty ? nil : $0 }
        settings.memoryLimitBytes = limit(limits?.memory)
        // The engine's number is that of memory and swap together.
        settings.memorySwapLimitBytes = limit(limits?.memorySwap).flatMap { both in
            limit(limits?.memory).flatMap { $0 <= both ? both - $0 : nil }
        }
        settings.pidsLimit = limit(limits?.pidsLimit)
        settings.restartPolicy = limits?.restartPolicy?.text
        settings.networkMode = limits?.networkMode
        settings.runtime = limits?.runtime
        return settings
    }

    /// The engine writes names with a leading slash.
    static func plain(_ name: String) -> String { name.hasPrefix("/") ? String(name.dropFirst()) : name }

    /// The API writes 0 or -1 where there is no limit.
    private static func limit(_ value: Int64?) -> UInt64? { value.flatMap { $0 > 0 ? UInt64($0) : nil } }
}

extension InspectedContainer.HostConfig {
    /// How many cores the container may use: `--cpus`, or `--cpu-quota` over `--cpu-period` (100 ms unless given, as in the kernel).
    var cores: Double? {
        if let nanoCPUs, nanoCPUs > 0 { return Double(nanoCPUs) / 1e9 }
        guard let cpuQuota, cpuQuota > 0 else { return nil }
        let period = cpuPeriod.flatMap { $0 > 0 ? $0 : nil } ?? 100_000
        return Double(cpuQuota) / Double(period)
    }
}
