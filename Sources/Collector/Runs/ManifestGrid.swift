import StatsCore

extension RunManifest {
    /// - Throws: `RecoveryFailure` when the run's grid can't be.
    func checkedGrid() throws(RecoveryFailure) -> Grid {
        if let grid { return grid }
        throw RecoveryFailure(description: "\(RunFiles.manifest) of `\(name)` holds a grid that can't be")
    }
}
