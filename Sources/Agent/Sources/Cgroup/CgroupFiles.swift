import StatsCore
import Synchronization

/// The open files with one container's or unit's counters: those of its cgroups, and of a container that of its network.
///
/// Two threads read them: the source's at each tick, and that of `EndWatch` when the container ends.
final class CgroupFiles: Sendable {
    private struct Files: ~Copyable {
        var cgroup: ContainerCgroup
        /// `/proc/<pid>/net/dev` of its network namespace.
        var netDev: OptionalFile?
    }

    private let files: Mutex<Files>

    init(_ location: CgroupLocation, _ tally: inout ReadTally) {
        files = Mutex(Files(cgroup: ContainerCgroup(location, &tally), netDev: nil))
    }

    /// Opens the counters of the network namespace that a process is in. The open file shows that namespace even after the process has ended.
    ///
    /// - Parameter process: its directory below `/proc`.
    func openNetwork(of process: String, _ tally: inout ReadTally) {
        files.withLock { files in
            if files.netDev == nil { files.netDev = OptionalFile("\(process)/net", "dev", shape: .records, &tally) }
        }
    }

    /// - Parameter isWhole: whether everything is read, also what can't have changed since the last reading (`CgroupRest`).
    /// - Returns: when they were read, in monotonic nanoseconds; `nil` when the cgroup has been removed.
    func read(isWhole: Bool = true, into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> UInt64?
    {
        files.withLock { files in
            var own = ReadTally()
            let now = Clocks.monotonic()
            files.cgroup.read(at: now, isWhole: isWhole, into: &counters, &buffer, &own)
            let hasCgroup = !own.isGone
            if hasCgroup, files.netDev?.read(into: &buffer, &own) == true { counters.network = NetDevTotals(parsing: buffer.bytes) }
            own.isGone = false
            tally.add(own)
            return hasCgroup ? now : nil
        }
    }
}
