/// The message that the kernel sends for each thread that ends: what it counted of that thread, and with the last thread of several of all together.
///
///     nlmsghdr genlmsghdr AGGR_PID { PID STATS } [ AGGR_TGID { TGID STATS } ]
///
/// Source: Documentation/accounting/taskstats.rst, include/uapi/linux/taskstats.h.
package struct ExitMessage: Sendable, Equatable {
    package var thread: TaskStats
    /// Of the group only CPU time is complete, and that by the scheduler's account.
    package var group: TaskStats?

    package init(_ thread: TaskStats, group: TaskStats? = nil) { (self.thread, self.group) = (thread, group) }

    /// TASKSTATS_CMD_NEW, and the types of attributes.
    private static let (new, stats, ofThread, ofGroup): (UInt8, UInt16, UInt16, UInt16) = (2, 3, 4, 5)

    /// - Parameter family: the number that the kernel has given taskstats.
    /// - Returns: `nil` for another message, one that is cut short, and a version of `taskstats` that can't be used.
    package init?(parsing bytes: RawSpan, family: UInt16) {
        guard GenericNetlink.type(of: bytes) == family, GenericNetlink.command(of: bytes) == Self.new else { return nil }
        var (thread, group): (TaskStats?, TaskStats?)
        GenericNetlink.forEachAttribute(in: GenericNetlink.payload(of: bytes)) { type, part in
            guard type == Self.ofThread || type == Self.ofGroup else { return }
            var found: TaskStats?
            GenericNetlink.forEachAttribute(in: part) { if $0 == Self.stats { found = TaskStats(parsing: $1) } }
            if type == Self.ofThread { thread = found } else { group = found }
        }
        guard let thread, thread.pid > 0, thread.tgid > 0 else { return nil }
        self.init(thread, group: group)
    }
}
