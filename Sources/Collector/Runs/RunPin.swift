import StatsCore

extension DataDirectory {
    /// Pins a run, so that nobody removes it, or takes that back. The mark is a file in its directory: it stays with the run wherever that goes.
    /// - Throws: `ControlFailure` with `not_found` or `unwritable`; `SyncFailure`.
    func pin(_ run: RunPath, _ isPinned: Bool) throws {
        do {
            let directory = try open(run)
            guard directory.holds(RunFiles.manifest) else {
                throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
            }
            guard isPinned != directory.holds(RunFiles.pin) else { return }
            if isPinned { try directory.newFile(RunFiles.pin).sync() } else { try directory.remove(RunFiles.pin) }
            try directory.sync()
        } catch let error as DiskError where error.isAbsent || error.isInTheWay {
            throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
        } catch let error as DiskError {
            throw ControlFailure(code: "unwritable", message: "the run `\(run)` can't be \(isPinned ? "pinned" : "unpinned"): \(error)")
        }
    }
}
