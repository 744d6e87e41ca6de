/// Where the containers' counters are read.
enum ContainerMode: String, Sendable, CaseIterable {
    /// From the engine at intervals of a second and more; from the cgroups at shorter intervals and when the engine fails.
    case auto
    case docker
    case cgroup
    /// Neither containers nor processes are read.
    case off
}
