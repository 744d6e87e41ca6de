import StatsCore

/// A run whose files are made, and of which no agent knows yet. Owned by the recorder.
struct NewRun {
    let path: RunPath
    var order: RunOrder
    let directory: RunDirectory
    let ledger: RunLedger
    var manifest: RunManifest
    let environments: RunEnvironments
    /// Nodes whose agents weren't ready in time.
    let late: [String]
    /// How far ahead (µs) tick 0 has to be when agents are told of it.
    let lead: Int64
}
