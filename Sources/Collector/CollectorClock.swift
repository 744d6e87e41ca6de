import StatsCore

/// The collector's time, which all grids are made of: microseconds since 1970.
///
/// The wall clock is read once, at the start; from there on time goes by the monotonic clock. So an administrator (or NTP) who
/// sets the wall clock by hours bends no grid.
struct CollectorClock: Sendable {
    let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    static func anchored() -> CollectorClock {
        let wall = Clocks.wall() / 1000
        let start = Clocks.monotonic()
        return CollectorClock { wall + Int64((Clocks.monotonic() - start) / 1000) }
    }
}
