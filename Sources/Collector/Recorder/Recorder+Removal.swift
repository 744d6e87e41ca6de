import StatsCore

extension Recorder {
    /// - Throws: `run_active` when the run is in progress. Where the file system knows locks, its lock says the same.
    func checkIdle(_ path: RunPath) throws(ControlFailure) {
        if let active, active.path == path {
            throw ControlFailure(code: "run_active", message: "the run `\(path)` is \(active.life.state.rawValue); stop it first")
        }
    }
}
