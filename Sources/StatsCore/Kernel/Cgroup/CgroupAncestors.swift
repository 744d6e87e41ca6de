/// The limits of the cgroups above a container's own: of its pod, its slice, its `--cgroup-parent`. The kernel enforces all on the way up, so that the
/// least one is the container's.
///
/// Source: Documentation/admin-guide/cgroup-v2.rst, "Top-down Constraint" and `memory.max`; Documentation/scheduler/sched-bwc.rst.
package final class CgroupAncestors {
    private struct Known {
        weak var cgroup: AncestorCgroup?
    }

    private let mount: CgroupMount
    /// By directory. Containers share what stands above them, so that each such cgroup is read once, however many are below it.
    private var known: [String: Known] = [:]

    package init(_ mount: CgroupMount) { self.mount = mount }

    /// What stands above a container, in each hierarchy whose ancestors have limits that the container's own files don't tell. Of version 1 memory,
    /// `memory.stat` tells it: `hierarchical_memory_limit`.
    package func above(_ location: CgroupLocation, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> [AncestorCgroup] {
        let places = [
            (location.unified, mount.unified), (location.controllers["cpu"], mount.controllers["cpu"]),
            (location.controllers["pids"], mount.controllers["pids"]),
        ]
        return places.compactMap { directory, root in
            guard let directory, let root else { return nil }
            return cgroup(above: directory, root, &buffer, &tally)
        }
    }

    private func cgroup(
        above directory: String, _ root: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) -> AncestorCgroup? {
        guard directory.hasPrefix(root + "/"), let end = directory.lastIndex(of: "/") else { return nil }
        let path = String(directory[..<end])
        // One that was removed and made again is another.
        if let cgroup = known[path]?.cgroup, cgroup.exists(&buffer, &tally) { return cgroup }
        let cgroup = AncestorCgroup(path, parent: cgroup(above: path, root, &buffer, &tally), &tally)
        known = known.filter { $0.value.cgroup != nil }
        known[path] = Known(cgroup: cgroup)
        return cgroup
    }
}

/// A cgroup above containers, its files kept open.
package final class AncestorCgroup {
    private let parent: AncestorCgroup?
    private var cpuMax: OptionalFile
    private var memoryMax: OptionalFile
    private var pidsMax: OptionalFile
    private var cpuQuota: OptionalFile
    private var cpuPeriod: OptionalFile
    private var least = CgroupLimits()
    private var readAt: UInt64?

    fileprivate init(_ directory: String, parent: AncestorCgroup?, _ tally: inout ReadTally) {
        self.parent = parent
        cpuMax = OptionalFile(directory, "cpu.max", &tally)
        memoryMax = OptionalFile(directory, "memory.max", &tally)
        pidsMax = OptionalFile(directory, "pids.max", &tally)
        cpuQuota = OptionalFile(directory, "cpu.cfs_quota_us", &tally)
        cpuPeriod = OptionalFile(directory, "cpu.cfs_period_us", &tally)
    }

    /// Lowers a container's limits to those of this cgroup and of all above it.
    ///
    /// - Parameter now: the monotonic clock in nanoseconds. The files are read at most once a second.
    package func restrict(_ counters: inout ContainerCounters, at now: UInt64, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        let limits = limits(at: now, &buffer, &tally)
        counters.cpuLimit = CgroupLimits.least(counters.cpuLimit, limits.cpu)
        counters.memoryLimit = CgroupLimits.least(counters.memoryLimit, limits.memory)
        counters.pidsLimit = CgroupLimits.least(counters.pidsLimit, limits.pids)
    }

    private func limits(at now: UInt64, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> CgroupLimits {
        if let readAt, now &- readAt < CgroupLimits.lifetime { return least }
        readAt = now
        var own = ReadTally()
        var limits = read(&buffer, &own)
        tally.errors += own.errors
        if let above = parent?.limits(at: now, &buffer, &tally) { limits.lower(to: above) }
        least = limits
        return limits
    }

    /// Whether it is still the cgroup for which its files were opened.
    fileprivate func exists(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        var own = ReadTally()
        _ = read(&buffer, &own)
        tally.errors += own.errors
        return !own.isGone
    }

    private func read(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> CgroupLimits {
        var limits = CgroupLimits()
        if cpuMax.read(into: &buffer, &tally) { limits.cpu = CgroupV2.cores(buffer.bytes) }
        if memoryMax.read(into: &buffer, &tally) { limits.memory = buffer.bytes.onlyNumber }
        if pidsMax.read(into: &buffer, &tally) { limits.pids = buffer.bytes.onlyNumber }
        if cpuQuota.read(into: &buffer, &tally) {
            let quota = buffer.bytes.onlyNumber
            if cpuPeriod.read(into: &buffer, &tally) { limits.cpu = CgroupV1.cores(quota, buffer.bytes.onlyNumber) }
        }
        return limits
    }
}
