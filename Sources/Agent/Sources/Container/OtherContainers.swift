import StatsCore

/// The containers of a host that its engine doesn't know: Podman's beside Docker, containerd's own, a pod's, LXC's. Only their cgroups tell of them.
///
/// A value without I/O: lists and walks of the cgroup tree go in.
struct OtherContainers {
    /// In the order of their paths.
    private(set) var found: [CgroupPath] = []
    /// Those of the last walk; `nil` before the first.
    private var seen: Set<String>?
    /// Those that the engine lists now, whether a walk sees them or not.
    private var listed: Set<String> = []
    /// Those that the engine has listed before, as long as they have a cgroup.
    private var formerlyListed: Set<String> = []
    private var lookedAt: UInt64?

    /// The shortest time between walks, in nanoseconds: a walk opens the directory of every cgroup.
    private static let shortestInterval: UInt64 = 5_000_000_000

    func isDue(at instant: UInt64) -> Bool { lookedAt.map { instant &- $0 >= Self.shortestInterval } ?? true }

    /// The engine lists these.
    mutating func note(listed ids: [String]) {
        formerlyListed.formUnion(listed)
        listed = Set(ids)
        let (listed, formerlyListed) = (listed, formerlyListed)
        found.removeAll { listed.contains($0.containerID) || formerlyListed.contains($0.containerID) }
    }

    /// Takes a walk.
    ///
    /// A container that the first walk doesn't see counts from the second that does: the engine may have started it just now, and not have told so yet.
    /// One that the engine has listed isn't another's, even if its cgroup stays for a while after its end.
    ///
    /// - Parameter walk: `nil` when the tree can't be read. That says nothing of any container.
    /// - Returns: whether something has changed.
    mutating func look(at instant: UInt64, _ walk: [CgroupPath]?) -> Bool {
        lookedAt = instant
        guard let walk else { return false }
        let before = found
        found = walk.filter {
            !listed.contains($0.containerID) && !formerlyListed.contains($0.containerID) && seen?.contains($0.containerID) ?? true
        }
        let ids = Set(walk.map(\.containerID))
        seen = ids
        formerlyListed.formIntersection(ids)
        return found != before
    }
}
