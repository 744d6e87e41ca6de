import StatsCore

/// A part of the agent that reads one family of kernel files or one socket. Each has a thread of its own.
protocol Source: ~Copyable, SendableMetatype {
    /// Reads everything that is due at this tick and appends its rows. It may block: the tick doesn't wait beyond the deadline.
    mutating func read(_ tick: TickContext, into rows: inout TickRows)

    /// Handles something that can't wait for the next tick, such as a new container.
    mutating func wake()
}

extension Source where Self: ~Copyable {
    mutating func wake() {}
}
