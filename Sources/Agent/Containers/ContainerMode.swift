/// Who reads the containers' counters.
enum ContainerMode: String, Sendable, CaseIterable {
    /// The engine at intervals of a second and more, the cgroups when it fails or for shorter intervals.
    case auto
    case docker
    case cgroup
    /// Neither containers nor processes are read.
    case off
}
