/// `/proc/<pid>/smaps_rollup`: a process's memory, with what it shares divided among those who share it. Since Linux 4.14.
///
///     559b8ad1f000-7ffd3b7a1000 ---p 00000000 00:00 0                          [rollup]
///     Rss:                1796 kB
///     Pss:                 172 kB
///     Private_Clean:         8 kB
///     Private_Dirty:       104 kB
///
/// The kernel walks over all of the process's pages for it, and holds the lock of its memory meanwhile. Source: proc_pid_smaps(5),
/// Documentation/filesystems/proc.rst.
package struct PidSmapsRollup: Sendable, Equatable {
    /// Bytes that no other process has, which its end would free: the unique set size.
    package var uss: UInt64?
    /// Bytes: of a page that n processes have, a n-th.
    package var pss: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        var clean: UInt64?
        var dirty: UInt64?
        cursor.skipLine()
        while let key = cursor.field(upTo: UInt8(ascii: ":")) {
            switch key.count {
            case 3: if cursor.matches(key, "Pss") { pss = KernelUnits.bytes(kilobytes: cursor.wholeDecimal()) }
            case 13:
                if cursor.matches(key, "Private_Clean") { clean = KernelUnits.bytes(kilobytes: cursor.wholeDecimal()) }
                if cursor.matches(key, "Private_Dirty") { dirty = KernelUnits.bytes(kilobytes: cursor.wholeDecimal()) }
            default: break
            }
            cursor.skipLine()
        }
        if let clean, let dirty { uss = clean &+ dirty }
    }
}
