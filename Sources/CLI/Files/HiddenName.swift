import StatsCore

/// What is made under a hidden name beside its own, which it gets when it is whole: `NewDirectory`, `NewNamedFile`.
extension Descriptor {
    /// Gives what is in this directory its name. What has got that name meanwhile stays.
    /// - Parameter path: as the user gave it.
    /// - Throws: `CommandFailure` when the name is taken; `DiskError`, `SyncFailure`. It is hidden still then.
    borrowing func unveil(_ hidden: String, as name: String, _ path: String) throws {
        do {
            try rename(hidden, toNew: name)
        } catch {
            throw error.exists ? CommandFailure.exists(path) : error
        }
        do {
            try sync()
        } catch {
            try? rename(name, to: hidden)
            throw error
        }
    }
}

extension CommandFailure {
    /// Something has the name that `--output` gives.
    static func exists(_ path: String) -> CommandFailure {
        CommandFailure(code: "exists", message: "\(path) exists, and nothing is overwritten. Choose another --output.")
    }
}
