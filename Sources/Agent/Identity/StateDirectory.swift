import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory in which an agent keeps its id, its spool and the run that it is in. It belongs to one agent at a time, and is closed to
/// other users: the spool holds the command lines of processes.
final class StateDirectory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let lockFile = "lock"

    let directory: Descriptor
    /// The lock is the kernel's and ends with the process, however that ends.
    private let lock: Descriptor

    /// Opens the directory, made when absent, and locks it.
    ///
    /// - Throws: `Failure` when the directory can't be used, or when another agent uses it.
    init(_ path: String) throws(Failure) {
        do {
            directory = try Descriptor.directory(making: path, isPrivate: true)
            if try !Self.isShared(directory) { try directory.closeToOthers() }
            lock = try directory.fileOrNew(Self.lockFile)
        } catch {
            throw Failure(description: "\(error); name another directory with --state")
        }
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(description: "another agent uses the state directory \(path): name another with --state")
        }
    }

    /// Sets the lock file's time, as the sign that this agent lives. What goes wrong shows where that sign is looked for.
    func touch() { _ = futimens(lock.raw, nil) }

    /// Whether others use the directory as well, as they do /tmp: it is somebody else's, is sticky, or has directories that aren't ours. Such
    /// a one stays open; what we keep in it doesn't.
    private static func isShared(_ directory: borrowing Descriptor) throws(DiskError) -> Bool {
        let status = try directory.status()
        return status.st_uid != geteuid() || status.st_mode & S_ISVTX != 0
            || directory.names(of: Int(DT_DIR)).contains { $0 != Spool.directoryName }
    }

    /// A small file as a whole; none when it is absent.
    func contents(_ name: String) throws(DiskError) -> [UInt8]? {
        guard directory.holds(name) else { return nil }
        return try directory.file(name).contents()
    }
}
