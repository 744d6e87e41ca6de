#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The limit of open files (RLIMIT_NOFILE), usually 1,024. An agent needs four files a process and about ten a container, a collector one
/// a session.
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

    /// Raises the soft limit to the hard one. As root it raises the hard one too.
    package static func raise(to wanted: rlim_t = 1 << 20) {
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < wanted else { return }
        var raised = rlimit(rlim_cur: wanted, rlim_max: max(wanted, limit.rlim_max))
        if setrlimit(files, &raised) == 0 { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(files, &limit)
    }
}
