import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that an export fills. What is in it has a hidden name until all of it is whole and on the disk.
struct ExportDirectory: ~Copyable {
    let path: String
    private let directory: Descriptor
    /// What has been written, by its names to be.
    private var names: [String] = []

    /// Makes the directory, or takes one that is empty but for what an export has left that was killed.
    /// - Throws: `CommandFailure` when there is something in it, `DiskError`.
    init(_ path: String) throws {
        self.path = path
        directory = try Self.empty(path)
    }

    private static func empty(_ path: String) throws -> Descriptor {
        do {
            try Directories.make(FilePath(path))
        } catch {
            throw CommandFailure(code: "unwritable", message: "The directory \(path) can't be made: \(error)")
        }
        let directory = try Descriptor.directory(path)
        var found: [String] = []
        for type in [DT_REG, DT_DIR, DT_LNK, DT_FIFO, DT_SOCK, DT_CHR, DT_BLK] { found += directory.names(of: Int(type)) }
        if let name = found.min() {
            throw CommandFailure(
                code: "exists", message: "\(path) is not empty (\(name) is in it), and nothing is overwritten. Choose another --output.")
        }
        return directory
    }

    /// Has `body` write a new file, which gets its name when all files are there.
    /// - Throws: what `body` throws, or `DiskError`.
    mutating func file<Result>(_ name: String, _ body: (consuming Descriptor) throws -> Result) throws -> Result {
        let hidden = Self.hidden(name)
        if directory.holds(hidden) { try directory.remove(hidden) }
        let file = try directory.newFile(hidden)
        names.append(name)
        return try body(file)
    }

    /// Makes a directory for files, which gets its name when all of them are there.
    mutating func subdirectory(_ name: String) throws(DiskError) -> Descriptor {
        let hidden = Self.hidden(name)
        if directory.holds(hidden) { try Self.clear(directory.directory(hidden)) } else { try directory.makeDirectory(hidden) }
        names.append(name)
        return try directory.directory(hidden)
    }

    /// Gives everything its name.
    /// - Throws: `DiskError`, `SyncFailure`.
    mutating func finish() throws {
        for name in names { try directory.rename(Self.hidden(name), to: name) }
        try directory.sync()
        names = []
    }

    /// Removes what was written.
    mutating func discard() {
        for name in names {
            let hidden = Self.hidden(name)
            if let subdirectory = try? directory.directory(hidden) {
                try? Self.clear(subdirectory)
                try? directory.removeDirectory(hidden)
            } else {
                try? directory.remove(hidden)
            }
        }
        names = []
    }

    private static func clear(_ directory: borrowing Descriptor) throws(DiskError) {
        for name in directory.names(of: Int(DT_REG)) { try directory.remove(name) }
    }

    private static func hidden(_ name: String) -> String { ".\(name).part" }
}
