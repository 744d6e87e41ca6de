#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the host's `/proc` and `/sys` are. In a container they are mounted elsewhere; a test has a tree of fixtures.
package struct KernelRoots: Sendable, Equatable {
    package let proc: String
    package let sys: String

    package init(proc: String = "/proc", sys: String = "/sys") {
        self.proc = Self.withoutTrailingSlash(proc)
        self.sys = Self.withoutTrailingSlash(sys)
    }

    /// Whether `proc` is this process's own `/proc`, where "self" means this process.
    package var isLocal: Bool { proc == "/proc" }

    /// The directory with the host's network files.
    ///
    /// `net` is a link to `self/net`, which in a mounted host's /proc leads to the reader's own network namespace. Process 1 is in the host's,
    /// so its `net` is used; a tree without a process 1 has only `net`.
    package var net: String {
        guard !isLocal, access("\(proc)/1/net", F_OK) == 0 else { return "\(proc)/net" }
        return "\(proc)/1/net"
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
