#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that holds a secret: a token or a private key.
package enum SecretFile {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    /// Reads the file.
    ///
    /// Only its owner may be able to read it, except where Docker (`/run/secrets`) and systemd (`/run/credentials`) put the secrets of one container
    /// or service: there the mode doesn't matter.
    package static func read(_ path: String, _ what: String) throws(Failure) -> [UInt8] {
        let file = try whole(path, what)
        guard file.mode & 0o077 == 0 || ["/run/secrets/", "/run/credentials/"].contains(where: path.hasPrefix) else {
            let mode = String(file.mode & 0o777, radix: 8)
            throw Failure(description: "\(what) \(path) can be read by others (mode \(mode)): chmod 600 \(path)")
        }
        return file.bytes
    }

    /// Reads a file that belongs to a secret without being one, such as a certificate.
    package static func readPublic(_ path: String, _ what: String) throws(Failure) -> [UInt8] { try whole(path, what).bytes }

    private static func whole(_ path: String, _ what: String) throws(Failure) -> WholeFile {
        do {
            return try WholeFile(path)
        } catch {
            throw Failure(description: "\(what) \(path) can't be read: \(error)")
        }
    }

    /// Writes a new file that only its owner may read (0600).
    package static func create(_ path: String, _ what: String, _ bytes: [UInt8]) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure(description: "\(what) \(path) can't be made: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        if let code = WholeWrite.all(bytes.span.bytes, to: file) ?? (fsync(file) == 0 ? nil : errno) {
            unlink(path)
            throw Failure(description: "\(what) \(path) can't be written: \(String(cString: strerror(code)))")
        }
    }

    /// Keeps the kernel from writing this process's memory, and the secrets in it, into a core file or a core collector. A limit of 1 byte
    /// is smaller than any core file, and also tells the kernel not to start a program named in `core_pattern`. Source: core(5), fs/coredump.c.
    package static func forbidCoreDumps() {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #elseif canImport(Musl)
            setrlimit(RLIMIT_CORE, &limit)
        #endif
    }
}
