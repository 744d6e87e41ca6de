/// `/proc/<pid>/schedstat`, and the same of a thread: whether it has run.
///
///     1250471 60833 12
///
/// Nanoseconds on a core, nanoseconds of waiting for one, and how often it was given one. All of a process's own counters stand still while these do: the third
/// grows when a core is given, the first while it is used. A kernel without CONFIG_SCHED_INFO writes zeros. Source: the kernel's sched-stats.rst.
package struct PidSchedstat: Sendable, Equatable {
    package var run: UInt64
    package var wait: UInt64
    package var slices: UInt64

    /// - Returns: `nil` for zeros: whoever has never run can't be told from a kernel that doesn't count.
    package init?(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        guard let run = cursor.wholeDecimal(), let wait = cursor.wholeDecimal(), let slices = cursor.wholeDecimal(), slices > 0 else {
            return nil
        }
        (self.run, self.wait, self.slices) = (run, wait, slices)
    }
}
