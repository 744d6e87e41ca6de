import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whatever runs of a recorded command: what descends from a process, and what is in the command's cgroup.
struct CommandProcesses {
    /// Whoever loses its parent below it becomes its child (`takeInOrphans`), so that none gets out of sight.
    let root: Int32
    /// Its children that are older (microseconds since boot) are none of the command's.
    var since: UInt64 = 0
    let cgroup: CgroupTraces?
    private let descendants = Descendants()

    init(root: Int32, since: UInt64 = 0, cgroup: CgroupTraces?) {
        (self.root, self.since, self.cgroup) = (root, since, cgroup)
    }

    var running: Set<Int32> {
        var found = Set(cgroup?.processes ?? [])
        var buffer = ReadBuffer()
        descendants.forEach(below: root, since: since, &buffer) { pid, facts in
            if facts.state != UInt8(ascii: "Z") { found.insert(pid) }
        }
        return found.subtracting([root, getpid()])
    }

    /// - Returns: those that have got the signal.
    @discardableResult func signal(_ number: Int32) -> Set<Int32> {
        if number == SIGKILL { cgroup?.killAll() }
        let running = running
        for pid in running { kill(pid, number) }
        return running
    }

    /// From now on whoever loses its parent below this process becomes its child, or no longer does. Source: PR_SET_CHILD_SUBREAPER(2const).
    static func takeInOrphans(_ isOn: Bool = true) { _ = processControl(setSubreaper, isOn ? 1 : 0, 0, 0, 0) }

    /// PR_SET_CHILD_SUBREAPER.
    private static let setSubreaper: Int32 = 36
}

/// prctl(2), which Swift doesn't import: it has variable arguments, and on the architectures that Swift knows integers are passed to those as to any other.
@_silgen_name("prctl") private func processControl(_ option: Int32, _ two: UInt, _ three: UInt, _ four: UInt, _ five: UInt) -> Int32
