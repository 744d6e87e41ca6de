import StatsCore

/// Events of ticks for which there was no room. An event isn't tied to its tick, and what is told once in a run must not be lost: so they go
/// with the next tick of the run.
struct UnkeptEvents: ~Copyable {
    /// How many bytes of events wait for room at most.
    private static let limit = 1 << 20

    private var rows = TickRows()
    private var run: String?

    /// Appends what waits to the rows of the run's next tick. What is left of another run is forgotten.
    mutating func release(into tick: inout TickRows, of run: String) {
        if self.run == run { tick.carryOverEvents(of: rows) }
        rows.removeAll()
        self.run = run
    }

    /// Keeps the events of the tick that was released into last, since it could not be kept.
    mutating func keep(_ tick: borrowing TickRows) {
        if tick.withRows(.event, { $0.byteCount }) <= Self.limit { rows.carryOverEvents(of: tick) }
    }
}
