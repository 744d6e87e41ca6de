import StatsCore
import SystemPackage

/// A file that gets its name when all of it is on the disk. Until then it is hidden beside that name; whoever is killed leaves only that, and doing it again takes it over.
struct NewNamedFile: ~Copyable {
    private let path: String
    private let name: String
    private let parent: Descriptor
    private let hidden: String

    /// - Throws: `CommandFailure` when the name is taken, or somebody else is about to take it; `DiskError`.
    init(_ path: FilePath) throws {
        let name = path.lastComponent?.string ?? ""
        let above = path.removingLastComponent()
        let parent = try Descriptor.directory(above.isEmpty ? "." : above.string)
        guard !parent.holds(name) else { throw CommandFailure.exists(path.string) }
        (self.path, self.name, hidden) = (path.string, name, ".\(name).part")
        self.parent = parent
    }

    /// Opens the file that is to be written. Who holds it open is the only one that makes it: close it after `finish()` or `discard()`.
    /// - Throws: as `init`.
    borrowing func open() throws -> Descriptor {
        let file = try parent.fileOrNew(hidden)
        guard file.lock(), try parent.holds(file, as: hidden) else {
            throw CommandFailure(code: "busy", message: "Another program is making \(parent.child(name)); wait until it is done.")
        }
        // Somebody may have been done meanwhile.
        guard !parent.holds(name) else {
            discard()
            throw CommandFailure.exists(path)
        }
        try file.cut(to: 0)
        return file
    }

    /// Gives the file its name.
    /// - Throws: `CommandFailure` when another program has taken the name; `DiskError`, `SyncFailure`, and the file is hidden still.
    borrowing func finish() throws { try parent.unveil(hidden, as: name, path) }

    /// Removes what was written.
    borrowing func discard() { try? parent.remove(hidden) }
}
