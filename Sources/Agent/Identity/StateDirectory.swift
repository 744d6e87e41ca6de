import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory for an agent's id, its spool and its run. It belongs to one agent at a time, and is closed to other users, because
/// the spool holds the command lines of processes.
final class StateDirectory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let lockFile = "lock"

    let directory: Descriptor
    /// The kernel releases the lock when the process ends, however it ends.
    private let lock: Descriptor

    /// Opens the directory (it makes one if there is none) and locks it.
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
        guard lock.lock() else {
            throw Failure(description: "another agent uses the state directory \(path): name another with --state")
        }
    }

    /// Sets the lock file's time as the agent's sign of life. A failure needs no report: the check then finds an old time.
    func touch() { _ = futimens(lock.raw, nil) }

    /// Whether others use the directory too, as they do /tmp: it belongs to another user, is sticky, or has foreign directories in it. Such a
    /// directory stays open to others; the agent's own files in it don't.
    private static func isShared(_ directory: borrowing Descriptor) throws(DiskError) -> Bool {
        let status = try directory.status()
        return status.st_uid != geteuid() || status.st_mode & S_ISVTX != 0
            || directory.names(of: Int(DT_DIR)).contains { $0 != Spool.directoryName }
    }

    /// The content of a small file; `nil` when it is absent.
    func contents(_ name: String) throws(DiskError) -> [UInt8]? {
        guard directory.holds(name) else { return nil }
        return try directory.file(name).contents()
    }
}
