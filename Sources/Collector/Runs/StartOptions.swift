import StatsCore

/// The options of `POST /start` besides the name.
struct StartOptions: Sendable, Equatable {
    var interval = Interval.seconds(1)
    /// How long the run lasts; `nil` for a run that lasts until it is stopped.
    var duration: Interval?
    /// How many nodes have to be connected for the run to start.
    var expect: Int?
    var note: String?
    /// Checked by `RunLabels`.
    var labels: [String: String] = [:]
    /// The id of the group of collectors that begin the run together; `nil` for one that begins by itself.
    var group: String?

    /// How many ticks the duration has: those from 0 up to, but not at, its end.
    var ticks: UInt64? {
        duration.map { UInt64(($0.microseconds + interval.microseconds - 1) / interval.microseconds) }
    }
}
