/// Where the containers' counters are read.
enum ContainerMode: String, Sendable, CaseIterable {
    /// From the cgroups; from the engine for those of its containers whose cgroup can't be read here, as with an engine on another machine.
    case auto
    /// From the engine, and from the cgroups what the engine doesn't tell.
    case docker
    case cgroup
    /// No containers are read, nor their processes.
    case off
}
