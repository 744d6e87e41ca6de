#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The descriptors that a command gets as its standard streams: `sonde`'s own, if nothing else is said.
struct CommandStreams: Sendable {
    var input = STDIN_FILENO
    var output = STDOUT_FILENO
    var error = STDERR_FILENO

    /// Standard output goes where standard error does.
    static let diverted = CommandStreams(output: STDERR_FILENO)
}
