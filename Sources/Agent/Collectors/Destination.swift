import StatsCore

/// A collector to which this agent delivers, or may deliver: what waits for it, its time, and the run that this agent is in there.
struct Destination: Sendable {
    let deliveries: Deliveries
    let clock: CollectorTime
    let runNote: RunNote
    /// Which collector it is.
    let collectorNote: CollectorNote
}
