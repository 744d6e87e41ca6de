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
    /// What errno has no word for; `nil` where `code` says it all.
    private let reason: String?

    package init(_ operation: String, _ path: String, code: Int32 = errno) { self.init(operation, path, code: code, reason: nil) }

    private init(_ operation: String, _ path: String, code: Int32, reason: String?) {
        self.operation = operation
        self.path = path
        self.code = code
        self.reason = reason
    }

    /// A directory, a FIFO, a socket or a device stands where a file should.
    package static func noFile(_ operation: String, _ path: String) -> DiskError {
        DiskError(operation, path, code: EISDIR, reason: "it is no regular file")
    }

    /// A file that is to be read whole has more bytes than it can mean.
    package static func tooLarge(_ path: String, limit: UInt64) -> DiskError {
        DiskError("read", path, code: EFBIG, reason: "it is larger than \(ByteSize.text(limit))")
    }

    /// A file's bytes can't be what they should be.
    package static func damaged(_ path: String, because reason: String) -> DiskError {
        DiskError("read", path, code: EBADMSG, reason: reason)
    }

    /// The disk is full at present; trying again later makes sense.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var exists: Bool { code == EEXIST }
    package var isAbsent: Bool { code == ENOENT }
    /// A component of the path is a symbolic link, or not a directory.
    package var isInTheWay: Bool { code == ELOOP || code == ENOTDIR }
    /// Something else than a file has the file's name. open(2) gives `ENXIO` for a socket, and `EISDIR` for a directory that is to be written.
    package var isNoFile: Bool { code == EISDIR || code == ENXIO }

    package var description: String { "cannot \(operation) \(path): \(reason ?? String(cString: strerror(code)))" }
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
