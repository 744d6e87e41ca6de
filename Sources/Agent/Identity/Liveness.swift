import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The agent's sign of life for supervisors that run a command (Docker, Kubernetes): the modification time of its lock file. The sampler
/// sets it every ten seconds, which writes only an inode's time and needs no port.
struct Liveness {
    private static let interval: UInt64 = 10_000_000_000
    /// In seconds: an interval, a tick that waits for its slowest source (5 s), and as much again for a busy host.
    private static let limit = 30

    private let state: StateDirectory?
    /// When it is due again, in nanoseconds of the monotonic clock.
    private(set) var due: UInt64 = 0

    /// - Parameter state: `nil` for a sampler that needs no sign of life.
    init(_ state: StateDirectory?) { self.state = state }

    /// The sampler calls this on every round of its loop.
    mutating func show() {
        let now = Clocks.monotonic()
        guard now >= due else { return }
        due = now + Self.interval
        state?.touch()
    }

    /// Checks the sign of life of the agent that uses a state directory.
    ///
    /// - Parameter now: in seconds since 1970.
    /// - Throws: `StateDirectory.Failure` that says why the agent seems to be dead.
    static func check(_ path: String, at now: Int = time(nil)) throws(StateDirectory.Failure) {
        var status = stat()
        guard stat("\(path)/\(StateDirectory.lockFile)", &status) == 0 else {
            throw StateDirectory.Failure(description: "no agent has used the state directory \(path): \(String(cString: strerror(errno)))")
        }
        let age = now.saturatingSubtracting(status.st_mtim.tv_sec)
        guard age <= limit else {
            throw StateDirectory.Failure(description: "the agent of the state directory \(path) gave its last sign of life \(age) s ago")
        }
    }
}
