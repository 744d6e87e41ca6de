import StatsCore

/// Somebody who is shown each tick as soon as it was read, besides the outbox, which keeps it for the collector.
protocol TickSink: Sendable {
    /// Whether ticks are read for this sink also while no run is active and no collector is connected.
    var wantsLiveTicks: Bool { get }

    /// Shows a tick, on the sampler's thread. The next tick waits until this returns, so that a sink copies what it needs and works elsewhere.
    /// - Parameter interval: from one tick to the next, in microseconds.
    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64)
}
