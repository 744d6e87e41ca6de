/// `/proc/vmstat`: what the memory management did since boot, and pages by list (proc_vmstat(5)).
///
///     nr_active_anon 386
///     pgpgin 3103069
///     pgsteal_kswapd 0
///     oom_kill 0
package struct VMStat: Sendable {
    package enum Key: Int, LineKey {
        case activeAnon, inactiveAnon, activeFile, inactiveFile, mapped
        /// KiB that were read from and written to block devices.
        case pagedIn, pagedOut
        case swappedIn, swappedOut, freed, faults, majorFaults, reused
        /// Pages that reclaim scanned and took back, whether in kswapd, in a task, in khugepaged or proactively.
        case scanned, stolen
        case oomKills, refaultsAnon, refaultsFile

        init?(name: String) {
            switch name {
            case "nr_active_anon": self = .activeAnon
            case "nr_inactive_anon": self = .inactiveAnon
            case "nr_active_file": self = .activeFile
            case "nr_inactive_file": self = .inactiveFile
            case "nr_mapped": self = .mapped
            case "pgpgin": self = .pagedIn
            case "pgpgout": self = .pagedOut
            case "pswpin": self = .swappedIn
            case "pswpout": self = .swappedOut
            case "pgfree": self = .freed
            case "pgfault": self = .faults
            case "pgmajfault": self = .majorFaults
            case "pgreuse": self = .reused
            case "oom_kill": self = .oomKills
            case "workingset_refault_anon": self = .refaultsAnon
            case "workingset_refault_file": self = .refaultsFile
            default:
                // pgscan_anon and pgscan_file count the same pages again, by another division; pgscan_direct_throttle doesn't count pages.
                if name == "pgscan_direct_throttle" { return nil }
                if Self.isReclaim(name, of: "pgscan_") {
                    self = .scanned
                } else if Self.isReclaim(name, of: "pgsteal_") {
                    self = .stolen
                } else {
                    return nil
                }
            }
        }

        var isSum: Bool { self == .scanned || self == .stolen }

        /// Whether the name counts pages of one kind of reclaim; before Linux 4.8 also by zone (`pgscan_direct_normal`).
        private static func isReclaim(_ name: String, of prefix: String) -> Bool {
            guard name.hasPrefix(prefix) else { return false }
            let rest = name.dropFirst(prefix.count)
            return ["kswapd", "direct", "khugepaged", "proactive"].contains { rest == $0 || rest.hasPrefix($0 + "_") }
        }
    }

    private var lines = KeyedLines<Key>()

    package init() {}

    package mutating func update(parsing bytes: RawSpan) { lines.update(parsing: bytes) }

    package subscript(key: Key) -> UInt64? { lines[key] }
}
