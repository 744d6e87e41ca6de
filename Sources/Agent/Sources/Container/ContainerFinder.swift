import StatsCore

/// Finds a container's cgroups and its network namespace. Used once for each container.
struct ContainerFinder {
    let roots: KernelRoots
    private let mount: CgroupMount?
    private let tree: CgroupTree?
    private let ancestors: CgroupAncestors?
    private let processes: ProcessFacts
    /// Where containers stood that were found, with `idMark` instead of the id: most others stand beside them.
    private var places: [CgroupLocation] = []

    private static let idMark = "*"
    private static let mostPlaces = 4

    init(roots: KernelRoots) {
        self.roots = roots
        mount = CgroupMount(roots: roots)
        tree = mount.flatMap { CgroupTree($0) }
        ancestors = mount.map { CgroupAncestors($0) }
        processes = ProcessFacts(roots: roots)
    }

    /// All containers with a cgroup, found without an engine; `nil` when the tree can't be read, which counts as an error.
    func walk(_ tally: inout ReadTally) -> [CgroupPath]? {
        guard let tree else { return [] }
        let found = tree.containers()
        if found == nil { tally.errors += 1 }
        return found
    }

    /// The cgroups of container `id`, found through its first process. When that process has ended, or when its cgroup namespace hides
    /// the paths, by a walk; when the engine hasn't told the process yet, first where others stand. Empty when the container has no cgroup.
    ///
    /// - Parameter walked: what a walk has found, by id. `nil` before a walk; it is made when it is needed, so that one serves many containers.
    mutating func location(
        of id: String, initPID: Int32?, _ walked: inout [String: CgroupPath]?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) -> CgroupLocation {
        guard let mount else { return CgroupLocation() }
        if let initPID, initPID > 0, (try? KernelFile.readOnce("\(roots.proc)/\(initPID)/cgroup", into: &buffer)) != nil {
            let found = mount.location(of: id, cgroups: PidCgroup(parsing: buffer.bytes))
            if !found.isEmpty {
                learn(found, id)
                return found
            }
        }
        if walked == nil, initPID == nil, let found = besideOthers(id) { return found }
        let places = walked ?? Self.byID(walk(&tally) ?? [])
        walked = places
        guard let place = places[id] else { return CgroupLocation() }
        let found = mount.location(at: place.root)
        learn(found, id)
        return found
    }

    private mutating func learn(_ location: CgroupLocation, _ id: String) {
        let place = location.mapped { $0.replacing(id, with: Self.idMark) }
        guard CgroupPath.isContainerID(id), places.first != place else { return }
        places.removeAll { $0 == place }
        places.insert(place, at: 0)
        if places.count > Self.mostPlaces { places.removeLast() }
    }

    private func besideOthers(_ id: String) -> CgroupLocation? {
        guard CgroupPath.isContainerID(id) else { return nil }
        return places.lazy.map { $0.mapped { $0.replacing(Self.idMark, with: id) } }.first { $0.exists }
    }

    /// Whether the pids of this `/proc` are those of this agent's own namespace, by which system calls name processes.
    var hasOwnPIDs: Bool { processes.hasOwnPIDs }

    static func byID(_ walk: [CgroupPath]) -> [String: CgroupPath] {
        Dictionary(walk.map { ($0.containerID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What limits the container besides its own cgroups.
    func above(_ location: CgroupLocation, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> [AncestorCgroup] {
        ancestors?.above(location, &buffer, &tally) ?? []
    }

    /// What `/proc` says of the first process that the engine told of; `nil` when that has ended, or when the pid is another process's here.
    ///
    /// An engine on another machine, or in a pid namespace of its own, tells pids that mean other processes in this `/proc`. The container's own is in its cgroup; one
    /// without a cgroup of its own, as of some rootless engines, began when the engine says so.
    func firstProcess(_ pid: Int32, of info: ContainerInfo, _ buffer: inout ReadBuffer) -> FirstProcess? {
        guard (try? KernelFile.readOnce("\(roots.proc)/\(pid)/cgroup", into: &buffer)) != nil else { return nil }
        let cgroups = PidCgroup(parsing: buffer.bytes)
        let isInside = cgroups.unified?.contains(info.id) ?? false || cgroups.controllers.values.contains { $0.contains(info.id) }
        guard let process = process(pid, &buffer) else { return nil }
        return isInside || began(process, when: info.startedAt) ? process : nil
    }

    /// The engine writes the time down behind the start of the process, which takes a moment.
    private func began(_ process: FirstProcess, when startedAt: String?) -> Bool {
        guard let told = startedAt.flatMap({ Timestamp.nanoseconds($0) }), let started = process.started else { return false }
        let age = Int64(clamping: Clocks.monotonic()) - Int64(clamping: started.multipliedReportingOverflow(by: 1000).partialValue)
        let behind = told - (Clocks.wall() - age)
        return (-1_000_000_000...5_000_000_000).contains(behind)
    }

    /// What `/proc` says of the process; `nil` when it has ended.
    func process(_ pid: Int32, _ buffer: inout ReadBuffer) -> FirstProcess? { processes.process(pid, &buffer) }

    /// The host's network namespace.
    var hostNetwork: String? { processes.hostNetwork }
}
