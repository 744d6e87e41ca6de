import FoundationEssentials
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that holds all runs, and the state directory (usually the same one), which belongs to one collector at a time.
///
/// Several collectors may share the data directory if each has its own state directory; the first to make a run's directory owns it.
/// `sonde record` does that: recordings don't hinder each other, and leave nothing but their runs behind.
final class DataDirectory: Sendable {
    /// Absolute, with links resolved.
    let path: String
    let descriptor: Descriptor
    private let state: Descriptor
    private let lock: Descriptor

    private static let lockName = ".lock"
    private static let activeName = ".active"
    private static let idName = ".id"

    /// Opens both directories (it makes them and their parents when they are absent) and locks the state directory.
    /// - Throws: `StartFailure` that says what is wrong with them, or which process uses them.
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
        guard lock.lock() else {
            let holder = String(decoding: (try? lock.contents()) ?? [], as: UTF8.self)
            let who = Int32(holder).map { "process \($0)" } ?? "another process"
            throw StartFailure("the data directory \(path) is in use by \(who); stop that collector or give another directory with --data")
        }
        do {
            try lock.cut(to: 0)
            try lock.write(Array("\(getpid())".utf8).span.bytes, at: 0)
        } catch  where error.isFull {
            // The pid of the lock's holder can't be written for others to read. That must not stop the run in progress.
        } catch {
            throw StartFailure("the data directory \(path) can't be used: \(error)")
        }
    }

    /// The id of the collector that this is: it lasts as long as the state directory, since whoever has that goes on with its run. One is made when there is none.
    /// - Returns: `nil` when the disk has no room for a new one.
    /// - Throws: `StartFailure` when it can't be kept.
    func collector() throws -> String? {
        do {
            let bytes = state.holds(Self.idName) ? try state.file(Self.idName).contents() : []
            if let known = UUID(uuidString: String(decoding: bytes, as: UTF8.self)) { return known.uuidString.lowercased() }
            let id = UUID().uuidString.lowercased()
            try state.replace(Self.idName, with: Array(id.utf8))
            return id
        } catch let error as DiskError where error.isFull {
            return nil
        } catch {
            throw StartFailure(
                "this collector's id can't be kept: \(error). Give a directory that this user may write to with --state, or --data")
        }
    }

    /// The run in progress that the last collector has noted.
    func activeRun() throws(DiskError) -> ActiveNote? {
        guard state.holds(Self.activeName) else { return nil }
        return try ActiveNote(decoding: state.file(Self.activeName).contents())
    }

    func noteActive(_ note: ActiveNote) throws {
        try state.replace(Self.activeName, with: note.encoded())
    }

    /// The file that has to be removed to give up a run in progress.
    var activePath: String { state.child(Self.activeName) }

    /// The instant (µs) of a run's last durable tick; `nil` when there is none or it can't be read.
    func lastTick(of note: ActiveNote) -> Int64? {
        guard let directory = try? open(RunPath(note.run)),
            let grid = try? RunManifest(decoding: directory.file(RunFiles.manifest).contents()).checkedGrid(),
            let log = try? CommitCoder.fold(directory.file(RunFiles.commitLog).contents())
        else { return nil }
        let instant = RunLedger(accounts: log.record.ticks).highestTick.map { grid.instant(of: $0) }
        return instant.flatMap { Timestamp.plausible.contains($0) ? $0 : nil }
    }

    func clearActive() throws {
        guard state.holds(Self.activeName) else { return }
        try state.remove(Self.activeName)
        try state.sync()
    }

    /// Free bytes for users other than root.
    func freeBytes() -> UInt64? {
        var status = statvfs()
        guard fstatvfs(descriptor.raw, &status) == 0 else { return nil }
        return UInt64(status.f_bavail).saturatingMultiplied(by: UInt64(status.f_frsize))
    }

    /// Opens the directory of a run component by component, without following links.
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
