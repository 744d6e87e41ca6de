import ArgumentParser
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Finds the programs that a recording runs.
enum Executables {
    /// One of Sonde's own programs: in this executable's directory, else on PATH.
    static func sibling(_ name: String) async throws -> FilePath {
        if let own = ownPath {
            let beside = own.removingLastComponent().appending(name)
            if access(beside.string, X_OK) == 0 { return beside }
        }
        do {
            return try await Executable.name(name).resolveExecutablePath(in: .inherit)
        } catch {
            throw CommandFailure(
                code: "no_program",
                message: "\(name) is neither beside sonde nor on PATH. "
                    + "Build all three programs (make build), or install them side by side.")
        }
    }

    /// The user's command, looked up before anything starts. For a missing one the status is 127, as in a shell.
    static func command(_ name: String) async throws -> FilePath {
        do {
            let executable: Executable = name.contains("/") ? .path(FilePath(name)) : .name(name)
            let path = try await executable.resolveExecutablePath(in: .inherit)
            guard access(path.string, X_OK) == 0 else { throw Errno(rawValue: errno) }
            return path
        } catch {
            throw CommandFailure(code: "no_command", message: "The command \(name) can't be run: \(error)", status: .init(127))
        }
    }

    /// This executable's path, however it was started. Source: proc(5).
    private static var ownPath: FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { return nil }
        return FilePath(String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
