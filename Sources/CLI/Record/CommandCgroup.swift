import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A cgroup of the recorded command's own, by which whatever it starts is counted, however short it lives.
///
/// It is made beside `sonde`'s own cgroup of version 2, where the same controllers are enabled, or below the root. A scope that systemd makes would take its counters
/// away as soon as its last process has ended, before anybody has read them. Source: Documentation/admin-guide/cgroup-v2.rst.
final class CommandCgroup: Sendable {
    /// From the hierarchies' root.
    let path: String
    private let location: CgroupLocation
    private let directories: [String]
    /// Controllers that were enabled for it in the root's `cgroup.subtree_control`, and are disabled again.
    private let enabled: (file: String, controllers: [String])

    private static let controllers = ["cpu", "memory", "io", "pids"]
    private static let hierarchies = ["cpu", "cpuacct", "memory", "blkio", "pids"]

    /// - Returns: `nil` where this user may not make one, or none would count CPU time.
    init?(mount: CgroupMount? = CgroupMount(roots: KernelRoots()), pid: Int32 = getpid()) {
        guard let mount else { return nil }
        Self.removeLeft(mount)
        let parent = Self.parent(mount)
        let path = (parent == "/" ? "" : parent) + "/\(UnitPath.commandPrefix)\(pid)"
        self.path = path
        let roots = [mount.unified] + Self.hierarchies.map { mount.controllers[$0] }
        var directories: [String] = []
        for root in roots.compactMap(\.self) where !directories.contains(root + path) {
            if mkdir(root + path, 0o755) == 0 { directories.append(root + path) }
        }
        self.directories = directories
        enabled = parent == "/" ? mount.unified.map(Self.enable) ?? ("", []) : ("", [])
        var found = CgroupLocation()
        found.unified = mount.unified.map { $0 + path }.flatMap { directories.contains($0) ? $0 : nil }
        for (name, root) in mount.controllers where directories.contains(root + path) { found.controllers[name] = root + path }
        location = found
        guard let first = directories.first else { return nil }
        if found.unified == nil && found.controllers["cpuacct"] == nil || access("\(first)/cgroup.procs", W_OK) != 0 {
            remove()
            return nil
        }
    }

    /// The cgroup below which it is made. In version 1 each hierarchy may have another path for `sonde`, and only the root is the same in all.
    private static func parent(_ mount: CgroupMount) -> String {
        var buffer = ReadBuffer()
        guard mount.controllers.isEmpty, (try? KernelFile.readOnce("/proc/self/cgroup", into: &buffer)) != nil,
            let own = PidCgroup(parsing: buffer.bytes).unified, let slash = own.lastIndex(of: "/"), slash > own.startIndex,
            !own.hasPrefix("/..")
        else { return "/" }
        return String(own[..<slash])
    }

    private static func enable(_ root: String) -> (file: String, controllers: [String]) {
        let file = "\(root)/cgroup.subtree_control"
        let there = words("\(root)/cgroup.controllers")
        let already = words(file)
        let enabled = controllers.filter { there.contains($0) && !already.contains($0) && write("+\($0)", to: file) }
        return (file, enabled)
    }

    /// The files into which a process writes itself to be in it.
    var entrances: [String] { directories.map { "\($0)/cgroup.procs" } }

    /// What all of it has used, read now; nothing where it is gone.
    func read() -> ContainerCounters {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var counters = ContainerCounters()
        var cgroup = ContainerCgroup(location, &tally)
        cgroup.read(at: Clocks.monotonic(), into: &counters, &buffer, &tally)
        return counters
    }

    /// The processes that are in it, or in one that was made in it.
    var processes: [Int32] {
        guard let directory = location.processes else { return [] }
        var pids: [Int32] = []
        var tally = ReadTally()
        var buffer = ReadBuffer()
        CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally)
        return pids
    }

    /// Removes it, and what was made in it. It has to be empty.
    func remove() {
        for directory in directories { Self.remove(directory) }
        for controller in enabled.controllers { _ = Self.write("-\(controller)", to: enabled.file) }
    }

    /// The cgroups of commands whose `sonde` was killed.
    private static func removeLeft(_ mount: CgroupMount) {
        let roots = Set([mount.unified].compactMap(\.self) + hierarchies.compactMap { mount.controllers[$0] })
        for root in roots {
            let parent = parent(mount)
            let directory = parent == "/" ? root : root + parent
            for name in DirectoryList.subdirectories(of: directory) where name.hasPrefix(UnitPath.commandPrefix) {
                guard let pid = Int32(name.dropFirst(UnitPath.commandPrefix.utf8.count)), kill(pid, 0) != 0, errno == ESRCH else { continue }
                remove("\(directory)/\(name)")
            }
        }
    }

    /// A process that has just ended may still be in it for a moment.
    private static func remove(_ directory: String) {
        for name in DirectoryList.subdirectories(of: directory) { remove("\(directory)/\(name)") }
        for _ in 0..<50 {
            if rmdir(directory) == 0 || errno != EBUSY { return }
            usleep(10_000)
        }
    }

    private static func words(_ file: String) -> Set<String> {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce(file, into: &buffer)) != nil else { return [] }
        return Set(buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split { $0 == " " || $0 == "\n" }.map(String.init))
    }

    private static func write(_ text: String, to file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return text.withCString { writeBytes(descriptor, $0, strlen($0)) } > 0
    }
}

/// write(2), which the type's own function of that name hides.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafePointer<CChar>, _ count: Int) -> Int { write(descriptor, bytes, count) }
