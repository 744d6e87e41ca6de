import StatsCore

/// The collector's time, which all grids are made of: microseconds since 1970.
///
/// The wall clock is read once, at the start; from there on time goes by the monotonic clock. So an administrator (or NTP) who
/// sets the wall clock by hours bends no grid. A collector that goes on with a run on the same boot goes on with that run's time, too.
struct CollectorClock: Sendable {
    /// What is added to the monotonic clock (µs); none for a clock that doesn't go by it.
    let anchor: Int64?
    let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64) {
        anchor = nil
        self.now = now
    }

    /// A clock that goes by the monotonic one.
    /// - Parameter anchor: what is added to it (µs).
    init(anchor: Int64) {
        self.anchor = anchor
        now = { anchor + Self.monotonic() }
    }

    /// A clock that begins with the wall clock.
    /// - Parameter earliest: an instant that has been already, whatever the wall clock says.
    static func anchored(notBefore earliest: Int64 = .min) -> CollectorClock {
        CollectorClock(anchor: max(Clocks.wall() / 1000, earliest) - monotonic())
    }

    private static func monotonic() -> Int64 { Int64(Clocks.monotonic() / 1000) }
}
