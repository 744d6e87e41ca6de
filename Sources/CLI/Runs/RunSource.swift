import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a run's files are: in a directory, or in an archive of `sonde pack`, which is read without being unpacked.
///
/// Its functions aren't inlined: where two `switch` over it come into one function, Swift 6.3's optimizer ends with an assertion (SimplifyCFG).
enum RunSource: ~Copyable {
    case directory(Descriptor)
    /// The archive, and what the names of the run's files begin with.
    case archive(TarArchive, prefix: String)

    /// Opens the run that a path names: a directory; an archive that holds one run; or a run of an archive, as `x.tar/test000`.
    /// - Throws: `CommandFailure`.
    init(_ path: String) throws(CommandFailure) {
        do throws(DiskError) {
            self = .directory(try Descriptor.directory(path))
        } catch {
            guard error.isInTheWay, let found = try Self.archive(at: path) else {
                throw CommandFailure(code: "unreadable", message: "\(error).")
            }
            self = .archive(found.archive, prefix: try Self.prefix(of: found.run, in: found.archive, path))
        }
    }

    /// Opens the archive that a path names, or leads through.
    /// - Returns: the archive, and what the path names in it, or an empty text; `nil` when it is none, but a directory or nothing at all.
    /// - Throws: `CommandFailure` when it can't be read.
    static func archive(at path: String) throws(CommandFailure) -> (archive: TarArchive, run: String)? {
        var (file, run) = (path[...], Substring())
        while !TarArchive.isFile(String(file)) {
            guard let slash = file.lastIndex(of: "/"), slash > file.startIndex else { return nil }
            run = path[path.index(after: slash)...]
            file = file[..<slash]
        }
        do throws(DiskError) {
            return (try TarArchive(String(file)), run.hasSuffix("/") ? String(run.dropLast()) : String(run))
        } catch {
            throw fileOfRun(String(file))
                ?? CommandFailure(
                    code: "bad_archive",
                    message: "\(error). A run is a directory, or an archive that `sonde pack` has made: unpack any other one with `tar xf`."
                )
        }
    }

    /// For whoever names a file of a run in place of its directory.
    /// - Returns: `nil` for a file of another name.
    static func fileOfRun(_ path: String) -> CommandFailure? {
        let slash = path.lastIndex(of: "/")
        guard RunFiles.isPublished(String(slash.map { path[path.index(after: $0)...] } ?? path[...])) else { return nil }
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        return CommandFailure(
            code: "bad_archive", message: "\(path) is a file of a run. Name the directory that it is in: \(directory)")
    }

    /// The paths of all runs in an archive, if that is what a path names.
    /// - Returns: `nil` for anything else.
    /// - Throws: `CommandFailure` when it can't be read.
    static func runs(inArchive path: String) throws(CommandFailure) -> [String]? {
        guard let (archive, run) = try archive(at: path), run.isEmpty else { return nil }
        return archive.runs.map { "\(archive.path)/\($0.dropLast())" }
    }

    private static func prefix(of run: String, in archive: TarArchive, _ path: String) throws(CommandFailure) -> String {
        let runs = archive.runs
        let found = run.isEmpty ? runs : runs.filter { $0 == run + "/" || $0.hasSuffix("/\(run)/") }
        if found.count == 1 { return found[0] }
        let names = runs.map { $0.split(separator: "/").last.map(String.init) ?? "." }
        guard let first = names.first else {
            throw CommandFailure(code: "no_run", message: "\(archive.path) holds no run: no file in it is a \(RunFiles.manifest).")
        }
        let known = RunClaims.naming(names)
        throw CommandFailure(
            code: "no_run",
            message: run.isEmpty
                ? "\(path) holds \(runs.count) runs: \(known). Name one of them, such as \(archive.path)/\(first)."
                : "\(archive.path) holds no run \(run). It holds: \(known).")
    }

    /// For messages.
    var path: String {
        @inline(never) get {
            switch self {
            case .directory(let directory): directory.path
            case .archive(let archive, let prefix): "\(archive.path)/\(prefix.dropLast())"
            }
        }
    }

    borrowing func child(_ name: String) -> String { "\(path)/\(name)" }

    @inline(never) borrowing func holds(_ name: String) -> Bool {
        switch self {
        case .directory(let directory): directory.holds(name)
        case .archive(let archive, let prefix): archive.members[prefix + name] != nil
        }
    }

    /// The names of its files, without hidden ones, in no order.
    @inline(never) borrowing func names() -> [String] {
        switch self {
        case .directory(let directory): directory.names(of: Int(DT_REG))
        case .archive(let archive, let prefix):
            archive.members.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                .filter { !$0.contains("/") && !$0.hasPrefix(".") }
        }
    }

    /// All bytes of a file, which has to be small.
    /// - Throws: `DiskError`, also for a file of more than `limit` bytes.
    @inline(never) borrowing func contents(_ name: String, limit: UInt64) throws(DiskError) -> [UInt8] {
        switch self {
        case .directory(let directory): try directory.file(name).contents(limit: limit)
        case .archive(let archive, let prefix): try archive.contents(prefix + name, limit: limit)
        }
    }

    /// Opens a CSV file, whether it is compressed or not.
    /// - Throws: `DiskError`.
    @inline(never) borrowing func csv(_ name: String) throws(DiskError) -> StoredCSV {
        switch self {
        case .directory(let directory): return try StoredCSV(name, in: directory)
        case .archive(let archive, let prefix):
            if let file = archive.file(prefix + name) { return .plain(file) }
            if let file = archive.file(prefix + RunFiles.compressed(name)) { return .compressed(file) }
            throw DiskError("open", child(name), code: ENOENT)
        }
    }
}
