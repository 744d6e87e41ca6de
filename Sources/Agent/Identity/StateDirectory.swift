import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory in which an agent keeps its id, its spool and the run that it is in. It belongs to one agent at a time.
final class StateDirectory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let directory: Descriptor
    /// The lock is the kernel's and ends with the process, however that ends.
    private let lock: Descriptor

    /// Opens the directory, made when absent, and locks it.
    ///
    /// - Throws: `Failure` when the directory can't be used, or when another agent uses it.
    init(_ path: String) throws(Failure) {
        do {
            directory = try Descriptor.directory(making: path)
            lock = try directory.fileOrNew("lock")
        } catch {
            throw Failure(description: "\(error); name another directory with --state")
        }
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(description: "another agent uses the state directory \(path): name another with --state")
        }
    }

    /// A small file as a whole; none when it is absent.
    func contents(_ name: String) throws(DiskError) -> [UInt8]? {
        guard directory.holds(name) else { return nil }
        return try directory.file(name).contents()
    }
}
