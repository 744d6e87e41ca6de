import ArgumentParser
import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that a recording makes. It must not exist, and its parent must be writable.
struct OutputDirectory: Equatable {
    /// The collector's data directory.
    let parent: FilePath
    /// The run's name.
    let name: String

    /// Where a recording goes that nobody has named: after the present time (UTC), without colons, which some file systems don't take.
    static var defaultName: String { "sonde-" + Timestamp.string(Clocks.wall() / 1000).prefix(19).replacing(":", with: "-") }

    var path: FilePath { parent.appending(name) }

    /// Parses the value of `--output`, without any I/O.
    ///
    /// - Throws: `CommandFailure` for a path that doesn't end in a name.
    init(_ text: String, workingDirectory: String) throws {
        let given = FilePath(text)
        guard !text.isEmpty, let last = given.lastComponent, last.kind == .regular else {
            throw CommandFailure(
                code: "bad_name", message: "--output takes a directory to be made, such as ./data/test000; '\(text)' doesn't name one.",
                status: .validationFailure)
        }
        let absolute = given.isAbsolute ? given : FilePath(workingDirectory).pushing(given)
        parent = absolute.removingLastComponent()
        name = last.string
    }

    /// Checks that the run can be made, so that a mistake is reported before anything starts.
    func prepare() throws {
        // A link that leads nowhere is in the way, too.
        if faccessat(AT_FDCWD, path.string, F_OK, AT_SYMLINK_NOFOLLOW) == 0 {
            throw CommandFailure(code: "run_exists", message: "\(path) exists, and nothing is overwritten. Choose another --output.")
        }
        do {
            try Directories.make(parent)
        } catch {
            throw CommandFailure(code: "unwritable", message: "The directory \(parent) can't be made: \(error)")
        }
        guard access(parent.string, W_OK | X_OK) == 0 else {
            throw CommandFailure(code: "unwritable", message: "Nothing can be written in \(parent): \(Errno(rawValue: errno))")
        }
    }
}
