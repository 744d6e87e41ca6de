import StatsCore

/// A part of the agent that reads one family of kernel files or one socket. Each lives on a thread of its own.
protocol Source: ~Copyable, SendableMetatype {
    /// Reads everything due at this tick and appends its rows. May block; the others don't wait for it beyond the deadline.
    mutating func read(_ tick: TickContext, into rows: inout TickRows)

    /// Something that can't wait for the next tick has happened, such as a container that started.
    mutating func wake()
}

extension Source where Self: ~Copyable {
    mutating func wake() {}
}
