import StatsCore

/// The collector's time, on which all grids are based: microseconds since 1970.
///
/// The wall clock is read once, at the start; from then on the monotonic clock counts. So setting the wall clock, by hand or by
/// NTP, bends no grid. A collector that continues a run during the same boot also continues that run's time.
struct CollectorClock: Sendable {
    /// The offset from the monotonic clock (µs); `nil` for a clock that isn't based on it.
    let anchor: Int64?
    let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64) {
        anchor = nil
        self.now = now
    }

    /// A clock that is based on the monotonic one.
    /// - Parameter anchor: the offset from the monotonic clock (µs).
    init(anchor: Int64) {
        self.anchor = anchor
        now = { anchor + Self.monotonic() }
    }

    /// A clock that starts at the wall clock's time.
    /// - Parameter earliest: the clock starts no earlier than this, whatever the wall clock says.
    static func anchored(notBefore earliest: Int64 = .min) -> CollectorClock {
        CollectorClock(anchor: max(Clocks.wall() / 1000, earliest) - monotonic())
    }

    private static func monotonic() -> Int64 { Int64(Clocks.monotonic() / 1000) }
}
