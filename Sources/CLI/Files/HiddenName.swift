import StatsCore

/// What is made under a hidden name beside its own, which it gets when it is whole: `NewDirectory`, `NewNamedFile`.
extension Descriptor {
    /// Gives what is in this directory its name.
    /// - Throws: `DiskError`, `SyncFailure`, and it is hidden still.
    borrowing func unveil(_ hidden: String, as name: String) throws {
        try rename(hidden, to: name)
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
