import StatsCore

/// A run that several collectors are to record together.
struct GroupRun: Sendable {
    let name: String
    var interval: Interval?
    var duration: Interval?
    var note: String?
    /// `key=value` each.
    var labels: [String] = []
}
