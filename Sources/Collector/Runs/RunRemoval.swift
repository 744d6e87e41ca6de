import FoundationEssentials
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension DataDirectory {
    /// Where runs go that are being removed. What a crash leaves there is removed at the next start.
    private static let removed = ".removed"

    /// Takes a run out of the data directory at once, with all that is in its directory; `clearRemoved` then removes it. Parents that are empty go with it.
    ///
    /// - Parameter isAllowed: decides by what the run says of itself, while nobody else can write to it.
    /// - Returns: what it said.
    /// - Throws: `ControlFailure` with `not_found`, `run_active`, `pinned`, `busy` or `unwritable`; `SyncFailure`; what `isAllowed` throws.
    func takeAway(_ run: RunPath, isAllowed: (RunListing) throws -> Void = { _ in }) throws -> RunListing {
        let listing: RunListing
        do {
            let directory = try open(run)
            guard let found = RunCatalogue.listing(of: directory) else { throw Self.noRun(run) }
            // Whoever records a run or works on its files has its lock.
            guard directory.lock() else { throw Self.inUse(run, found.state) }
            if found.isPinned == true {
                throw ControlFailure(code: "pinned", message: "the run `\(run)` is pinned; unpin it first: sonde runs NAME --unpin")
            }
            try isAllowed(found)
            listing = found
            let parent = try open(run.components.dropLast())
            try ensureRemoved()
            let removed = try descriptor.directory(Self.removed)
            try parent.move(run.components[run.components.count - 1], into: removed, as: UUID().uuidString.lowercased())
            // First where it is now: after a power cut it has either name, or both.
            try removed.sync()
            try parent.sync()
        } catch let error as DiskError where error.isAbsent || error.isInTheWay {
            throw Self.noRun(run)
        } catch let error as DiskError {
            throw ControlFailure(code: "unwritable", message: "the run `\(run)` can't be removed: \(error)")
        }
        removeEmptyParents(of: run)
        return listing
    }

    private func ensureRemoved() throws(DiskError) {
        do throws(DiskError) { try descriptor.makeDirectory(Self.removed) } catch {
            guard error.exists else { throw error }
        }
    }

    private func removeEmptyParents(of run: RunPath) {
        for depth in (1..<run.components.count).reversed() {
            guard let parent = try? open(run.components.prefix(depth - 1)) else { return }
            // rmdir(2) refuses one that holds anything.
            guard (try? parent.removeDirectory(run.components[depth - 1])) != nil else { return }
        }
    }

    /// Removes what was taken away, also by a collector that didn't live to the end of it.
    /// - Throws: `DiskError` for what can't be removed.
    func clearRemoved() throws(DiskError) {
        guard descriptor.holds(Self.removed) else { return }
        // Whatever somebody put in its place, such as a link, isn't followed.
        try descriptor.directory(Self.removed).removeContents()
        try? descriptor.removeDirectory(Self.removed)
    }

    private static func noRun(_ run: RunPath) -> ControlFailure { ControlFailure(code: "not_found", message: "there is no run `\(run)`") }

    private static func inUse(_ run: RunPath, _ state: RunState) -> ControlFailure {
        state.isActive
            ? ControlFailure(code: "run_active", message: "the run `\(run)` is \(state.rawValue); stop it first")
            : ControlFailure(code: "busy", message: "somebody works on the files of `\(run)`: try again when that is done")
    }
}

extension Descriptor {
    /// Removes everything in this directory. Links are removed, not followed. What another process removes at the same time is no error.
    /// - Throws: `DiskError` for the first thing that can't be removed.
    fileprivate borrowing func removeContents() throws(DiskError) {
        for name in entries() where unlinkat(raw, name, 0) != 0 && errno != ENOENT {
            let place = child(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            // unlink(2) says EISDIR of a directory on Linux, where POSIX has EPERM.
            guard errno == EISDIR || errno == EPERM else { throw DiskError("remove", place) }
            do throws(DiskError) {
                try subdirectory(name, place).removeContents()
            } catch {
                if error.isAbsent { continue }
                throw error
            }
            if unlinkat(raw, name, AT_REMOVEDIR) != 0, errno != ENOENT { throw DiskError("remove the directory", place) }
        }
    }
}
