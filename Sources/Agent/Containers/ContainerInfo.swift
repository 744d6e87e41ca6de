/// The engine's facts about one container apart from its counters: names, limits and state.
struct ContainerInfo: Sendable, Equatable {
    /// The full id: 64 hexadecimal digits, or for some that no engine tells of a name.
    var id: String
    /// Without the engine's leading slash.
    var name: String
    var image: String
    var labels: [String: String]
    /// The host's pid of the container's first process; `nil` while it does not run.
    var initPID: Int32?
    /// The engine's word: `running`, `paused`, `restarting`, …
    var state: String
    /// `starting`, `healthy` or `unhealthy`; `nil` without a health check.
    var health: String?
    /// How often the engine has restarted it.
    var restarts: UInt64?
    /// In cores; `nil` without a limit.
    var cpuLimit: Double?
    /// In bytes; `nil` without a limit.
    var memoryLimit: UInt64?
    var pidsLimit: UInt64?
    /// Whose network it uses, as the engine says; `nil` when it doesn't.
    var network: ContainerNetwork?
    /// RFC 3339, as the engine wrote it.
    var startedAt: String?
}

/// Something that happened to a container or a process: one row of the event table.
struct ContainerEvent: Sendable, Equatable {
    /// `container start`, `container die`, `oom`, `kill`, `health`, …
    var kind: String
    var containerID: String?
    var container: String?
    var pid: UInt64?
    var exitCode: Int64?
    var message: String?
    /// A JSON object as text, for facts that have no column of their own.
    var detail: String?
}
