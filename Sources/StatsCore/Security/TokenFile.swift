#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file of a token: 64 hexadecimal digits and a line feed.
package enum TokenFile {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads the token at `path`.
    ///
    /// Others than its owner must not be able to read it, unless it lies below `/run/secrets`: there Docker puts secrets for one container alone,
    /// readable for everybody in it.
    package static func read(_ path: String) throws(Failure) -> Token {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw Failure(
                description: "the token file \(path) can't be read: \(String(cString: strerror(errno))). `sonde token FILE` makes one")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(description: "the token file \(path) is no file")
        }
        guard status.st_mode & 0o077 == 0 || path.hasPrefix("/run/secrets/") else {
            throw Failure(
                description:
                    "the token file \(path) can be read by others (mode \(String(status.st_mode & 0o777, radix: 8))): chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = readBytes(file, &bytes, bytes.count)
        guard count >= 0, let token = Token(hexadecimal: String(decoding: bytes[..<count], as: UTF8.self)) else {
            throw Failure(description: "the token file \(path) doesn't hold 64 hexadecimal digits. `sonde token FILE` makes one")
        }
        return token
    }

    /// Writes a new token to a new file that only its owner may read (0600).
    package static func create(_ path: String, _ token: Token) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw Failure(description: "the token file \(path) can't be made: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        let text = Array("\(token.hexadecimal)\n".utf8)
        guard write(file, text, text.count) == text.count, fsync(file) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(path)
            throw Failure(description: "the token file \(path) can't be written: \(reason)")
        }
    }
}

/// read(2), which inside `TokenFile` would be the function of that name.
private func readBytes(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int { read(file, buffer, count) }
