/// Why a recording, or another command that takes long, ends; only the first reason counts.
enum Ending: Sendable, Equatable {
    /// The grid has no more ticks, or someone has stopped the run.
    case runOver
    case commandEnded
    /// SIGINT, SIGTERM or SIGHUP.
    case interrupted(Int32)
    /// A daemon has ended unexpectedly.
    case daemonEnded(String)
}
