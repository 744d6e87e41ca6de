import StatsCore

/// One line of a matrix's journal: what has happened to a run, written and synced before anything follows from it.
struct MatrixRecord: Codable, Equatable, Sendable {
    enum Event: String, Codable, Sendable {
        /// An attempt at the run begins, in a directory that no other has.
        case began
        /// All that was to happen in the run has happened; it is still to be closed.
        case measured
        /// The attempt has its verdict, or has failed.
        case recorded
        /// Its tear-down is over.
        case ended
        /// The attempt was given up half-done. The run is done again.
        case interrupted
    }

    var event: Event
    /// The run's number.
    var run: Int
    /// RFC 3339, UTC.
    var time: String
    /// Of `began`: from 1.
    var attempt: Int?
    /// Of `began`: the run's name at its collector.
    var directory: String?
    /// Of `recorded`.
    var state: MatrixState.Verdict?
    /// Of `recorded`: what the run says of itself.
    var verdict: String?
    /// Of `recorded`: how many ticks lie in the part that counts.
    var countedTicks: UInt64?
    /// Which command failed, or why the attempt was given up.
    var reason: String?

    private enum CodingKeys: String, CodingKey {
        case event, run, time, attempt, directory, state, verdict, reason
        case countedTicks = "ticks_counted"
    }

    init(_ event: Event, _ run: Int, time: String = Timestamp.string(Clocks.wall() / 1000)) {
        (self.event, self.run, self.time) = (event, run, time)
    }
}
