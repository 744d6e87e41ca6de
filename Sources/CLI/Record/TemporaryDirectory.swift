import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A directory that only this user can read, deleted when `body` ends.
enum TemporaryDirectory {
    static func with<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // mkdtemp(3) replaces the X's in this C string by the name that it has found.
        var template = Array(FilePath(base).appending("sonde-record.XXXXXX").string.utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(code: "unwritable", message: "No temporary directory can be made in \(base): \(Errno(rawValue: errno))")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(FilePath(path))
    }
}
