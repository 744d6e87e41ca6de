/// Which containers are recorded: those that match any of `include`, or all when it is empty, and none of `exclude`.
///
/// Without an engine nobody tells a container's name and image, and of its labels only the pod's UID is known: it then matches no such
/// pattern, so that an `include` leaves it out and an `exclude` doesn't.
struct ContainerFilter: Sendable, Equatable {
    var include: [ContainerPattern] = []
    var exclude: [ContainerPattern] = []

    func records(_ container: ContainerInfo) -> Bool {
        (include.isEmpty || include.contains { $0.matches(container) }) && !exclude.contains { $0.matches(container) }
    }
}
