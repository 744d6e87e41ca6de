import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A cgroup of the recorded command's own, by which whatever it starts is counted, however short it lives.
///
/// The command keeps all limits that `sonde` itself has. In version 1 its cgroup is made below `sonde`'s own, in each hierarchy. In version 2 a cgroup with processes can have
/// none below it that counts memory, so it is made beside `sonde`'s own, and not at all where that has limits of its own, or belongs to a container. What else systemd ties to
/// a unit's cgroup, such as IPAddressDeny=, doesn't reach it there. A scope that systemd
/// makes would take its counters away as soon as its last process has ended, before anybody has read them. Source: Documentation/admin-guide/cgroup-v2.rst.
final class CommandCgroup: Sendable {
    /// From the hierarchies' root, the same in all.
    let path: String
    private let location: CgroupLocation
    /// How it is ended and removed.
    let traces: CgroupTraces

    private static let controllers = ["cpu", "memory", "io", "pids"]
    private static let hierarchies = ["cpu", "cpuacct", "memory", "blkio", "pids"]

    /// - Returns: `nil` where this user may not make one, none would count CPU time, or the command would get rid of limits.
    init?(mount: CgroupMount? = CgroupMount(roots: KernelRoots()), own: PidCgroup? = CommandCgroup.own, pid: Int32 = getpid()) {
        guard let mount, let own, let place = Self.place(mount, own) else { return nil }
        let parent = place.parent == "/" ? "" : place.parent
        let path = "\(parent)/\(UnitPath.commandPrefix)\(pid)"
        self.path = path
        var traces = CgroupTraces()
        for root in place.roots {
            Self.removeLeft(root + parent, pid)
            Self.make(parent, in: root, &traces.madeAbove)
            if mkdir(root + path, 0o755) == 0 { traces.directories.append(root + path) }
        }
        var found = CgroupLocation()
        found.unified = mount.unified.map { $0 + path }.flatMap { traces.directories.contains($0) ? $0 : nil }
        for (name, root) in mount.controllers where traces.directories.contains(root + path) { found.controllers[name] = root + path }
        location = found
        let isUsable = found.unified != nil || found.controllers["cpuacct"] != nil
        let mayEnter = traces.entrances.allSatisfy { access($0, W_OK) == 0 }
        if isUsable, mayEnter, let unified = mount.unified, place.roots.contains(unified) { Self.enable(unified + parent, &traces) }
        self.traces = traces
        if !isUsable || !mayEnter {
            remove()
            return nil
        }
    }

    /// The cgroups of this process.
    private static var own: PidCgroup? {
        var buffer = ReadBuffer()
        return (try? KernelFile.readOnce("/proc/self/cgroup", into: &buffer)).map { PidCgroup(parsing: buffer.bytes) }
    }

    /// Below which path, and in which hierarchies, it is made.
    static func place(_ mount: CgroupMount, _ own: PidCgroup) -> (parent: String, roots: [String])? {
        guard own.container == nil else { return nil }
        if mount.controllers.isEmpty {
            guard let root = mount.unified, let path = own.unified, !path.hasPrefix("/.."), let slash = path.lastIndex(of: "/") else {
                return nil
            }
            if path != "/", isLimited(root + path) { return nil }
            let parent = slash == path.startIndex ? "/" : String(path[..<slash])
            // The root of a cgroup namespace isn't the kernel's, which alone has no such file, and can have processes or controllers for others, not both.
            if parent == "/", DirectoryList.exists(root + "/cgroup.type") { return nil }
            return (parent, [root])
        }
        var places: [(root: String, path: String)] = hierarchies.compactMap { name in
            mount.controllers[name].flatMap { root in own.controllers[name].map { (root, $0) } }
        }
        if let root = mount.unified, let path = own.unified { places.append((root, path)) }
        // With systemd a path is longer in hierarchies whose controllers are enabled down to it: the longest is below all the others.
        guard let parent = places.map(\.path).max(by: { $0.utf8.count < $1.utf8.count }), !parent.hasPrefix("/..") else { return nil }
        let below = places.filter { $0.path == "/" || parent == $0.path || parent.hasPrefix($0.path + "/") }
        return (parent, below.reduce(into: []) { roots, place in if !roots.contains(place.root) { roots.append(place.root) } })
    }

    /// Whether a version 2 cgroup has limits or a weight of its own.
    private static func isLimited(_ directory: String) -> Bool {
        let usual = [
            "memory.max": "max", "memory.high": "max", "memory.swap.max": "max", "pids.max": "max", "cpu.max": "max 100000",
            "cpu.weight": "100",
            "cpuset.cpus": "", "cpuset.mems": "", "io.max": "", "io.weight": "default 100", "io.latency": "", "memory.zswap.max": "max",
            "memory.low": "0", "memory.min": "0", "cpu.uclamp.max": "max", "misc.max": "", "rdma.max": "",
        ]
        var buffer = ReadBuffer()
        return usual.contains { name, value in
            guard DirectoryList.exists("\(directory)/\(name)") else { return false }
            return (try? KernelFile.readOnce("\(directory)/\(name)", into: &buffer)) == nil || text(buffer) != value
        }
    }

    /// Makes what is missing of a path.
    private static func make(_ path: String, in root: String, _ made: inout [String]) {
        var directory = root
        for name in path.split(separator: "/") {
            directory += "/" + name
            if mkdir(directory, 0o755) == 0 { made.append(directory) }
        }
    }

    /// Has version 2 count for those below a cgroup.
    static func enable(_ parent: String, _ traces: inout CgroupTraces) {
        traces.enabledIn = "\(parent)/cgroup.subtree_control"
        let there = words("\(parent)/cgroup.controllers")
        let already = words(traces.enabledIn)
        traces.enabled = controllers.filter {
            there.contains($0) && !already.contains($0) && ControlFile.write("+\($0)", to: traces.enabledIn)
        }
    }

    /// What all of it has used, read now; nothing where it is gone.
    func read() -> ContainerCounters {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var counters = ContainerCounters()
        var cgroup = ContainerCgroup(location, &tally)
        cgroup.read(at: Clocks.monotonic(), into: &counters, &buffer, &tally)
        return counters
    }

    /// Whether version 2 counts for it.
    var isUnified: Bool { location.controllers.isEmpty }

    func remove() { traces.remove() }

    /// Removes empty cgroups of commands whose `sonde` was killed: of an earlier one of this pid, or of one that is no more.
    private static func removeLeft(_ directory: String, _ pid: Int32) {
        for name in DirectoryList.subdirectories(of: directory) where name.hasPrefix(UnitPath.commandPrefix) {
            guard let owner = Int32(name.dropFirst(UnitPath.commandPrefix.utf8.count)),
                owner == pid || kill(owner, 0) != 0 && errno == ESRCH
            else { continue }
            rmdir("\(directory)/\(name)")
        }
    }

    private static func words(_ file: String) -> Set<String> {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce(file, into: &buffer)) != nil else { return [] }
        let words = text(buffer).split(whereSeparator: \.isWhitespace)
        return Set(words.map { String($0) })
    }

    private static func text(_ buffer: borrowing ReadBuffer) -> String {
        var text = buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        while text.last == "\n" { text.removeLast() }
        return text
    }
}
