import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that holds all runs, and beside it the state directory, usually the same, which belongs to one collector at a time.
///
/// A run's directory is made by whoever makes it first, so that collectors with a state directory each may share the data directory:
/// `sonde record` does that, and neither is hindered by the other nor leaves anything but its run behind.
final class DataDirectory: Sendable {
    /// Absolute, links resolved.
    let path: String
    let descriptor: Descriptor
    private let state: Descriptor
    private let lock: Descriptor

    private static let lockName = ".lock"
    private static let activeName = ".active"

    /// Opens both directories, makes them (and their parents) when they are absent, and locks the state.
    /// - Throws: `StartFailure` saying what is wrong with them, or which process has them.
    init(_ path: String, state: String) throws {
        do {
            _ = try Descriptor.directory(making: path)
            self.path = Self.absolute(path)
            descriptor = try Descriptor.directory(self.path)
            self.state = try Descriptor.directory(making: state)
            lock = try self.state.fileOrNew(Self.lockName)
        } catch {
            throw StartFailure(
                "the data directory \(path) can't be used: \(error). Give a directory that this user may write to with --data")
        }
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            let holder = String(decoding: (try? lock.contents()) ?? [], as: UTF8.self)
            let who = Int32(holder).map { "process \($0)" } ?? "another process"
            throw StartFailure("the data directory \(path) is in use by \(who); stop that collector or give another directory with --data")
        }
        do {
            try lock.cut(to: 0)
            try lock.write(Array("\(getpid())".utf8).span.bytes, at: 0)
        } catch  where error.isFull {
            // Who holds the lock can't be told to the next one; what is in progress has to go on all the same.
        } catch {
            throw StartFailure("the data directory \(path) can't be used: \(error)")
        }
    }

    /// The run in progress, as the last collector left it.
    func activeRun() throws(DiskError) -> ActiveNote? {
        guard state.holds(Self.activeName) else { return nil }
        return try ActiveNote(decoding: state.file(Self.activeName).contents())
    }

    func noteActive(_ note: ActiveNote) throws {
        try state.replace(Self.activeName, with: note.encoded())
    }

    /// What has to be removed for a run in progress to be given up.
    var activePath: String { state.child(Self.activeName) }

    /// The instant (µs) of the last tick of a run that is on the disk; none when it has none, or can't be read.
    func lastTick(of note: ActiveNote) -> Int64? {
        guard let directory = try? open(RunPath(note.run)),
            let grid = try? RunManifest(decoding: directory.file(RunFiles.manifest).contents()).checkedGrid(),
            let log = try? CommitRecord.fold(directory.file(RunFiles.commitLog).contents())
        else { return nil }
        return RunLedger(accounts: log.record.ticks).highestTick.map { grid.instant(of: $0) }
    }

    func clearActive() throws {
        guard state.holds(Self.activeName) else { return }
        try state.remove(Self.activeName)
        try state.sync()
    }

    /// Bytes that are free to a user who is not root.
    func freeBytes() -> UInt64? {
        var status = statvfs()
        guard fstatvfs(descriptor.raw, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Opens the directory of a run, component by component, without following links.
    func open(_ run: RunPath) throws(DiskError) -> Descriptor { try open(run.components[...]) }

    func open(_ components: ArraySlice<String>) throws(DiskError) -> Descriptor {
        guard let first = components.first else { return try descriptor.directory(".") }
        var directory = try descriptor.directory(first)
        for component in components.dropFirst() { directory = try directory.directory(component) }
        return directory
    }

    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
