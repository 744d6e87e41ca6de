/// Collector → agent: a run is about to begin. The agent measures the clock anew and reads everything once, then answers `ready`.
package struct Prepare: WireMessage {
    package static let type = "prepare"
    /// The id that the run will have.
    package var run: String

    package init(run: String) { self.run = run }
}

/// Agent → collector, in answer to `prepare`.
package struct Ready: WireMessage {
    package static let type = "ready"
    package var run: String

    package init(run: String) { self.run = run }
}

/// Collector → agent: record ticks on this grid.
package struct RunOrder: WireMessage {
    package static let type = "run"
    /// The run's id, a UUID.
    package var id: String
    package var name: String
    package var intervalUs: Int64
    /// Tick 0, in microseconds since 1970 of the collector's clock.
    package var t0: Int64
    /// How many ticks the run has; absent for a run that lasts until it is stopped.
    package var ticks: UInt64?

    package enum CodingKeys: String, CodingKey {
        case id, name, t0, ticks
        case intervalUs = "interval_us"
    }

    package init(id: String, name: String, intervalUs: Int64, t0: Int64, ticks: UInt64?) {
        self.id = id
        self.name = name
        self.intervalUs = intervalUs
        self.t0 = t0
        self.ticks = ticks
    }
}

/// Collector → agent: send everything up to the last tick, then `fin`.
package struct StopOrder: WireMessage {
    package static let type = "stop"
    package var run: String
    /// The last tick of the run; absent when the run was stopped before its first tick.
    package var lastTick: UInt64?

    package enum CodingKeys: String, CodingKey {
        case run
        case lastTick = "last_tick"
    }

    package init(run: String, lastTick: UInt64?) {
        self.run = run
        self.lastTick = lastTick
    }
}
