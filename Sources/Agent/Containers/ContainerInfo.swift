import StatsCore

/// Who has told a container's names.
enum NameSource: String, Sendable {
    /// Docker or Podman, by its socket.
    case engine
    /// The runtime's files: its bundle, or its list of containers.
    case bundle
    /// The names of a kubelet's logs.
    case kubelet

    /// As the column `names` has it.
    var text: EncodedText {
        switch self {
        case .engine: Self.engineText
        case .bundle: Self.bundleText
        case .kubelet: Self.kubeletText
        }
    }

    private static let engineText = EncodedText("engine")
    private static let bundleText = EncodedText("bundle")
    private static let kubeletText = EncodedText("kubelet")
}

/// The facts about one container apart from its counters: names, limits and state. The engine tells all of them, the files of a runtime or a kubelet its names.
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
    /// Who told all this; `nil` when only the path of its cgroup did.
    var names: NameSource?
    /// Whether its pod's containers run in it, as in the virtual machine of Kata Containers or in gVisor: its counters are the pod's.
    var holdsPod = false
    /// What it was started with, where the engine was asked.
    var settings: ContainerSettings?
}

extension ContainerInfo {
    /// Whether it only holds a pod's network (`pause`). A kubelet names it so, with whatever engine.
    var isSandbox: Bool {
        !holdsPod
            && (labels[DeploymentNames.podContainerLabel] == DeploymentNames.sandbox || labels["io.kubernetes.docker.type"] == "podsandbox")
    }
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
