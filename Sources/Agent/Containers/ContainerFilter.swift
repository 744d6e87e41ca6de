/// Which containers are recorded: those that match any pattern of `include`, or all when it is empty, and no pattern of `exclude`.
///
/// Of a container that nobody tells of, name and image are unknown, and of its labels only the pod's UID is known. Unknown values match no
/// pattern, so that an `include` leaves such a container out and an `exclude` doesn't.
struct ContainerFilter: Sendable, Equatable {
    var include: [ContainerPattern] = []
    var exclude: [ContainerPattern] = []
    /// Whether pods' sandboxes are among them.
    var sandboxes = true

    func records(_ container: ContainerInfo) -> Bool {
        if container.isSandbox, !sandboxes { return false }
        return (include.isEmpty || include.contains { $0.matches(container) }) && !exclude.contains { $0.matches(container) }
    }
}
