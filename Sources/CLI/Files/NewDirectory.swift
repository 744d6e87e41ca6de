import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A directory that gets its name when all that is in it is whole and on the disk. Until then it is hidden beside that name; whoever is killed leaves only that, and doing it
/// again takes it away.
struct NewDirectory: ~Copyable {
    let path: String
    private let name: String
    private let parent: Descriptor
    private let hidden: String
    /// The directory that is filled.
    let directory: Descriptor

    /// - Throws: `CommandFailure` when the name is taken, or somebody else is about to take it; `DiskError`.
    init(_ path: String) throws {
        let given = FilePath(path)
        guard let last = given.lastComponent, last.kind == .regular else {
            throw CommandFailure(code: "bad_output", message: "--output takes a directory to be made; \(path) doesn't name one.")
        }
        let above = given.removingLastComponent()
        do {
            try Directories.make(above)
        } catch {
            throw CommandFailure(code: "unwritable", message: "The directory \(above) can't be made: \(error)")
        }
        let parent = try Descriptor.directory(above.isEmpty ? "." : above.string)
        guard !parent.holds(last.string) else { throw CommandFailure.exists(path) }
        let hidden = ".\(last.string).part"
        let isLeft = parent.holds(hidden)
        if !isLeft { try parent.makeDirectory(hidden) }
        let directory = try parent.directory(hidden)
        guard directory.lock(), try parent.holds(directory, as: hidden) else {
            throw CommandFailure(code: "busy", message: "Another program is making \(path); wait until it is done.")
        }
        if isLeft { try Self.clear(directory) }
        (self.path, name, self.hidden) = (given.string, last.string, hidden)
        self.parent = parent
        self.directory = directory
    }

    /// Where it is as long as it is hidden.
    var hiddenPath: String { parent.child(hidden) }

    /// Gives the directory its name.
    /// - Throws: `CommandFailure` when something has got the name meanwhile; `DiskError`, `SyncFailure`. The directory is hidden still then.
    borrowing func finish() throws {
        try directory.sync()
        try parent.unveil(hidden, as: name, path)
    }

    /// Removes what was written.
    borrowing func discard() {
        try? Self.clear(directory)
        try? parent.removeDirectory(hidden)
    }

    private static func clear(_ directory: borrowing Descriptor) throws(DiskError) {
        for name in directory.names(of: Int(DT_REG)) { try directory.remove(name) }
    }
}
