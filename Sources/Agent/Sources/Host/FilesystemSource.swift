import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How full the host's file systems are. A dead file server can block a reading forever, so this source has a thread of
/// its own, and a tick goes on without its rows.
struct FilesystemSource: ~Copyable {
    private var file: OptionalFile
    private var buffer = ReadBuffer()
    private var mounts = Mounts()
    /// The path to the host's root, put before each mount point; empty when the mount namespace is the same.
    private let root: [UInt8]
    private var path: [UInt8] = []
    private var startTally = ReadTally()

    /// The host's mounts are those of process 1. `/proc/1/root` leads to them even from a container, but only for root; other
    /// users get their own mounts.
    init(roots: KernelRoots) {
        let first = "\(roots.proc)/1"
        let hostRoot = "\(first)/root"
        let isReadable = access("\(first)/mounts", R_OK) == 0 && access(hostRoot, X_OK) == 0
        root = isReadable ? Array(hostRoot.utf8) : []
        let owner = isReadable ? first : "\(roots.proc)/self"
        file = OptionalFile(owner, "mounts", shape: .records, &startTally)
    }

    /// Reads the mounts and asks every file system. One that gives an error has a row with empty cells.
    mutating func read(into rows: inout TickRows) {
        var tally = startTally
        startTally = ReadTally()
        file.read(into: &buffer, &tally) { mounts.update(parsing: $0) }
        for mount in mounts.mounts {
            path.removeAll(keepingCapacity: true)
            path += root
            path += mount.path
            path.append(0)
            var usage = FilesystemUsage()
            do {
                usage = try FilesystemUsage(path: path)
            } catch {
                // Not readable by this user, or unmounted a moment ago: not a fault.
                if error.code != EACCES, error.code != ENOENT { tally.errors += 1 }
            }
            rows.append(filesystem: FilesystemReading(mount: mount, usage: usage))
        }
        rows.readErrors += tally.errors
    }
}

extension FilesystemSource: Source {
    mutating func read(_ tick: TickContext, into rows: inout TickRows) { read(into: &rows) }
}
