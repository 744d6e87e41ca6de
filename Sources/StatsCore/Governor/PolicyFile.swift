#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a policy from a file.
package enum PolicyFile {
    package struct Failure: Error, CustomStringConvertible {
        /// The faults of the file's content; empty when the file can't be read.
        package let faults: [DocumentFault]
        package let description: String
    }

    /// - Throws: `Failure`, whose description names the file and has a line for each fault.
    package static func load(_ path: String) throws(Failure) -> GovernorPolicy {
        let bytes = try read(path)
        do throws(DocumentFaults) {
            return try PolicyReader.read(bytes)
        } catch {
            throw Failure(
                faults: error.faults,
                description: "the policy \(path) can't be used:\n" + error.faults.map { "  \($0)" }.joined(separator: "\n"))
        }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        func failure(_ reason: String) -> Failure { Failure(faults: [], description: "the policy \(path) can't be read: \(reason)") }
        let file: WholeFile
        do { file = try WholeFile(path, limit: YAMLParser.limit) } catch { throw failure(error.description) }
        guard file.mode & S_IWOTH == 0 else {
            throw failure("everybody may write to it, and so could have any container stopped: chmod o-w \(path)")
        }
        return file.bytes
    }
}
