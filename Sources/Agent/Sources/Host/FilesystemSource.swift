import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How full the host's file systems are. A file server that is gone can hold a reading up for good, so this source has a worker of
/// its own, and a tick goes on without its rows.
struct FilesystemSource: ~Copyable {
    private var file: OptionalFile
    private var buffer = ReadBuffer()
    private var mounts = Mounts()
    /// Put before a mount point to get to it from here; empty when it is the same namespace.
    private let root: [UInt8]
    private var path: [UInt8] = []
    private var startTally = ReadTally()

    /// Process 1 knows the host's mounts, and `/proc/1/root` leads to them from inside a container too, but only for root; else
    /// this process's own mounts have to do.
    init(roots: KernelRoots) {
        let first = "\(roots.proc)/1"
        let hostRoot = "\(first)/root"
        let isReadable = access("\(first)/mounts", R_OK) == 0 && access(hostRoot, X_OK) == 0
        root = isReadable ? Array(hostRoot.utf8) : []
        let owner = isReadable ? first : "\(roots.proc)/self"
        file = OptionalFile(owner, "mounts", shape: .records, &startTally)
    }

    /// Reads the mounts and asks every file system. One that gives no answer has a row with empty cells.
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
                // Closed to this user, or unmounted a moment ago: not a fault.
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
