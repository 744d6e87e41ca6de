/// The tick that a source reads for.
struct TickContext: Sendable {
    /// The grid's instant of this tick, monotonic nanoseconds.
    var instant: UInt64
    /// When the source has to be done, monotonic nanoseconds.
    var deadline: UInt64
    /// The time between ticks, nanoseconds.
    var interval: UInt64
    /// The run that the tick belongs to; `nil` for a live tick, which nobody keeps. Events that come once, such as a process's command line, come
    /// once in each run.
    var run: String?
    /// Counts those who have begun to look at live ticks: what comes once comes once for each of them, too.
    var audience: UInt64 = 0
}
