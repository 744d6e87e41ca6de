#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file or directory that could not be made, written or synced.
package struct DiskError: Error, Equatable, CustomStringConvertible {
    /// What was tried: "write", "create", ….
    package let operation: String
    package let path: String
    /// As in errno(3).
    package let code: Int32

    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The disk is full at present; trying again later makes sense.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var exists: Bool { code == EEXIST }
    package var isAbsent: Bool { code == ENOENT }
    /// A component of the path is a symbolic link, or not a directory.
    package var isInTheWay: Bool { code == ELOOP || code == ENOTDIR }

    package var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

/// A sync that failed. It is never retried: the kernel may have dropped the pages that it could not write, and a second sync would then
/// succeed although the data is lost (fsync(2), errors).
package struct SyncFailure: Error, CustomStringConvertible {
    package let cause: DiskError

    package init(cause: DiskError) { self.cause = cause }

    package var description: String {
        "\(cause). What was not acknowledged is still with its sender; check the disk, then start again"
    }
}
