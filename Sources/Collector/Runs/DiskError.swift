#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file or directory of a run that could not be made, written or synced.
struct DiskError: Error, Equatable, CustomStringConvertible {
    /// What was tried: "write", "create", ….
    let operation: String
    let path: String
    /// As in errno(3).
    let code: Int32

    init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// There is no room at present; trying again later makes sense.
    var isFull: Bool { code == ENOSPC || code == EDQUOT }
    var exists: Bool { code == EEXIST }
    var isAbsent: Bool { code == ENOENT }
    /// Something in the way is a symbolic link, or no directory.
    var isInTheWay: Bool { code == ELOOP || code == ENOTDIR }

    var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

/// A sync that failed. The kernel may have dropped the pages that it could not write, so that a second sync would report a
/// success that isn't one: it is never retried (fsync(2), errors).
struct SyncFailure: Error, CustomStringConvertible {
    let cause: DiskError

    var description: String {
        "\(cause). What was not acknowledged is still with the agents; check the disk, then start the collector again"
    }
}
