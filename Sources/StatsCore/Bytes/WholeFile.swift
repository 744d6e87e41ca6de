#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A small file that a user names (settings, a policy, a secret, a certificate), read whole.
///
/// Only a regular file is read: a FIFO or a device may never end. Its size is looked at first.
package struct WholeFile: Sendable {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// Goes on from "can't be read: ".
        package let description: String
    }

    package let bytes: [UInt8]
    /// The permissions, as in stat(2).
    package let mode: mode_t

    /// No such file needs more bytes.
    package static let limit = 1 << 20

    /// Links are followed: Kubernetes gives its secrets and settings as links.
    package init(_ path: String, limit: Int = Self.limit) throws(Failure) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Failure(description: "it is no regular file") }
        guard status.st_size <= limit else { throw Failure(description: "it is larger than \(limit >> 10) KiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = pread(file, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        self.bytes = Array(bytes[..<count])
        mode = status.st_mode & 0o7777
    }
}
