/// The schedule of a run: tick k is due at `t0 + k × interval`. Pure arithmetic; `t0`, `interval` and the instants share a clock and a unit.
///
/// Ticks and instants may come from anywhere: an instant that doesn't fit is the last or the first that does.
package struct Grid: Sendable, Equatable {
    /// What a run's interval may be, in microseconds: from 10 ms to an hour. Shorter ones would do nothing but keep the host busy.
    package static let intervals: ClosedRange<Int64> = Interval.milliseconds(10).microseconds...Interval.seconds(3600).microseconds

    /// No run has a tick with a number above: it would be due after all instants that are accepted.
    package static let highestTick = UInt64(Timestamp.plausible.upperBound / intervals.lowerBound)

    package let t0: Int64
    package let interval: Int64
    /// How many ticks there are; `nil` for a grid without an end.
    package let ticks: UInt64?

    package init(t0: Int64, interval: Int64, ticks: UInt64? = nil) {
        precondition(interval > 0, "a grid's interval is above zero")
        self.t0 = t0
        self.interval = interval
        self.ticks = ticks
    }

    package func instant(of tick: UInt64) -> Int64 { t0.saturatingAdding(Int64(clamping: tick).saturatingMultiplied(by: interval)) }

    /// The newest tick that is due at `now`; `nil` before t0. Not bounded by `ticks`.
    package func latest(at now: Int64) -> UInt64? {
        now < t0 ? nil : UInt64(now.saturatingSubtracting(t0) / interval)
    }

    /// The first tick that is due at `now` or later.
    package func next(at now: Int64) -> UInt64 {
        now <= t0 ? 0 : UInt64((now.saturatingSubtracting(t0) - 1) / interval + 1)
    }

    /// The last tick of the grid; `nil` for a grid without an end or without a tick.
    package var last: UInt64? { ticks.flatMap { $0 > 0 ? $0 - 1 : nil } }
}
