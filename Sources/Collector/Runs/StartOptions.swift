import StatsCore

/// What `POST /start` asks for besides the name.
struct StartOptions: Sendable, Equatable {
    var interval = Interval.seconds(1)
    /// How long the run lasts; none for a run that lasts until it is stopped.
    var duration: Interval?
    /// How many nodes have to be connected.
    var expect: Int?
    var note: String?

    /// How many ticks the duration makes: those of the instants from 0 up to, and without, its end.
    var ticks: UInt64? {
        duration.map { UInt64(($0.microseconds + interval.microseconds - 1) / interval.microseconds) }
    }
}
