import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Finds a container in the kernel's trees: its cgroups, and whose network it has. Asked once for each container.
struct ContainerFinder {
    let roots: KernelRoots
    private let mount: CgroupMount?
    private let tree: CgroupTree?

    init(roots: KernelRoots) {
        self.roots = roots
        mount = CgroupMount(roots: roots)
        tree = mount.flatMap { CgroupTree($0) }
    }

    /// All containers that have a cgroup, without an engine's help.
    func walk() -> [CgroupPath] { tree?.containers() ?? [] }

    /// Where container `id` is: from its first process, or by looking for it when that process has ended or stands in a cgroup
    /// namespace that this one can't see through. Empty when it has no cgroup.
    func location(of id: String, initPID: Int32?, _ buffer: inout ReadBuffer) -> CgroupLocation {
        guard let mount else { return CgroupLocation() }
        if let initPID, initPID > 0, (try? KernelFile.readOnce("\(roots.proc)/\(initPID)/cgroup", into: &buffer)) != nil {
            let found = mount.location(of: id, cgroups: PidCgroup(parsing: buffer.bytes))
            if !found.isEmpty { return found }
        }
        return walk().first { $0.containerID == id }.map { mount.location(at: $0.root) } ?? CgroupLocation()
    }

    /// Whether the process has the host's network; `nil` when the kernel doesn't let this user see it.
    ///
    /// The host's is that of process 1. Where that one is out of reach, an agent that sees the host's own `/proc` is on the host too.
    func usesHostNetwork(_ pid: Int32) -> Bool? {
        guard let own = namespace("\(roots.proc)/\(pid)/ns/net") else { return nil }
        let host = namespace("\(roots.proc)/1/ns/net") ?? (roots.isLocal ? namespace("/proc/self/ns/net") : nil)
        return host.map { $0 == own }
    }

    /// What the link reads, such as `net:[4026531840]`.
    private func namespace(_ link: String) -> String? {
        var text = [UInt8](repeating: 0, count: 64)
        let count = text.withUnsafeMutableBytes { readlink(link, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
        return count > 0 ? String(decoding: text[..<count], as: UTF8.self) : nil
    }
}
