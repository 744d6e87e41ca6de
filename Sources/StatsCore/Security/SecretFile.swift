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

    private static let limit = 64 << 10

    /// Its bytes.
    ///
    /// Others than its owner must not be able to read it, unless it lies where secrets for one container or service alone are put, whatever their
    /// mode says: below `/run/secrets` by Docker, below `/run/credentials` by systemd.
    package static func read(_ path: String, _ what: String) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Failure(description: "\(what) \(path) can't be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw Failure(description: "\(what) \(path) is no file, or too large a one")
        }
        guard status.st_mode & 0o077 == 0 || ["/run/secrets/", "/run/credentials/"].contains(where: path.hasPrefix) else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw Failure(description: "\(what) \(path) can be read by others (mode \(mode)): chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = pread(file, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failure(description: "\(what) \(path) can't be read: \(String(cString: strerror(errno)))") }
        return Array(bytes[..<count])
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

    /// Keeps this process from leaving its memory, with the secrets in it, behind as a core file or with a program that collects those. A limit of 1
    /// byte is less than any core file, and to the kernel the sign that a program in `core_pattern` isn't to be called. Source: core(5), fs/coredump.c.
    package static func forbidCoreDumps() {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #elseif canImport(Musl)
            setrlimit(RLIMIT_CORE, &limit)
        #endif
    }
}
