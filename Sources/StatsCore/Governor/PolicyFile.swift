#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a policy from a file.
package enum PolicyFile {
    package struct Failure: Error, CustomStringConvertible {
        /// The faults of the file's content; empty when the file can't be read.
        package let faults: [PolicyFault]
        package let description: String
    }

    /// - Throws: `Failure`, whose description names the file and has a line for each fault.
    package static func load(_ path: String) throws(Failure) -> GovernorPolicy {
        let bytes = try read(path)
        do throws(PolicyFaults) {
            return try PolicyReader.read(bytes)
        } catch {
            throw Failure(
                faults: error.faults,
                description: "the policy \(path) can't be used:\n" + error.faults.map { "  \($0)" }.joined(separator: "\n"))
        }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        func failure(_ reason: String) -> Failure { Failure(faults: [], description: "the policy \(path) can't be read: \(reason)") }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw failure("it is no file") }
        guard status.st_mode & S_IWOTH == 0 else {
            throw failure("everybody may write to it, and so could have any container stopped: chmod o-w \(path)")
        }
        guard status.st_size <= YAMLParser.limit else { throw failure("it is larger than \(YAMLParser.limit >> 10) KiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = pread(file, &bytes, bytes.count, 0)
        guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
        return Array(bytes[..<count])
    }
}
