#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How many files this process may keep open: an agent needs four a process and some ten a container, a collector one a session. The
/// usual limit is 1,024.
package enum DescriptorLimit {
    #if canImport(Glibc)
        private static let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #elseif canImport(Musl)
        private static let files = RLIMIT_NOFILE
    #endif

    /// How many it may keep open at present; `nil` when the kernel doesn't say (getrlimit(2)).
    package static var current: rlim_t? {
        var limit = rlimit()
        return getrlimit(files, &limit) == 0 ? limit.rlim_cur : nil
    }

    /// Raises the soft limit to the hard one; root raises both.
    package static func raise(to wanted: rlim_t = 1 << 20) {
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < wanted else { return }
        var raised = rlimit(rlim_cur: wanted, rlim_max: max(wanted, limit.rlim_max))
        if setrlimit(files, &raised) == 0 { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(files, &limit)
    }
}
