import Foundation

/// An empty directory of one test's own. It is removed with all that is in it when nobody holds it any more, which is so at the end of a test
/// that fails, too.
package final class ScratchDirectory: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let path: String

    /// - Parameter inMemory: on a file system where a sync costs nothing, as far as the machine has one with room: for tests that sync again and
    ///   again, or that must not wait for a slow disk.
    /// - Throws: `Failure` when it can't be made.
    package init(inMemory: Bool = false) throws {
        let parent = inMemory && Self.hasMemory ? Self.memory : ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(parent)/sonde-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "no scratch directory below \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// With `SONDE_KEEP_SCRATCH` set all of it stays, to be looked at.
    deinit {
        if ProcessInfo.processInfo.environment["SONDE_KEEP_SCRATCH"] == nil { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let memory = "/dev/shm"

    private static var hasMemory: Bool {
        var status = statvfs()
        return access(memory, W_OK) == 0 && statvfs(memory, &status) == 0
            && UInt64(status.f_bavail) * UInt64(status.f_bsize) > 512 << 20
    }

    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a directory, and those that it lies in.
    @discardableResult package func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        return path(name)
    }

    /// Writes a file, in place of one that is there, and makes the directories that it lies in.
    package func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    package func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

    /// Makes a program that does what a script of sh(1) says.
    /// - Returns: its path, which is also `$0` for the script.
    package func makeProgram(_ name: String, _ script: String) throws -> String {
        try write(script + "\n", to: name + ".sh")
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: Checkout.tests + "/Lab/stub.sh")
        return path(name)
    }

    /// Writes behind the end of a file that is there.
    package func append(_ text: String, to name: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    package func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path(name)))) }

    package func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// All names below, directories included, sorted.
    package func tree() -> [String] { ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted() }
}
