#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the host's `/proc` and `/sys` are: in a container they are mounted elsewhere, and a test has a tree of its own.
package struct KernelRoots: Sendable, Equatable {
    package let proc: String
    package let sys: String

    package init(proc: String = "/proc", sys: String = "/sys") {
        self.proc = Self.withoutTrailingSlash(proc)
        self.sys = Self.withoutTrailingSlash(sys)
    }

    /// Whether `/proc` is where it always is, so that "self" in it means this process.
    package var isLocal: Bool { proc == "/proc" }

    /// The directory with the host's network files.
    ///
    /// `net` is a link to `self/net`, which in a mounted host's /proc leads to the reader's own network namespace; process 1 is
    /// in the host's. A tree without a process 1 has only `net`.
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
