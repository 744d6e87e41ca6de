import StatsCore
import Synchronization

/// The collector's time, on which all grids are based: microseconds since 1970.
///
/// While a run is in progress only the monotonic clock counts, so that setting the wall clock, by hand or by NTP, bends no grid.
/// Between runs the clock follows the wall clock. A collector that continues a run during the same boot also continues that run's time.
final class CollectorClock: Sendable {
    /// From this difference on (µs) the clock follows the wall clock. Clocks of a well kept fleet differ by about as much.
    static let tolerance: Int64 = 1000

    private let monotonic: @Sendable () -> Int64
    private let wall: @Sendable () -> Int64
    private let offset: Atomic<Int64>

    /// - Parameters:
    ///   - anchor: what is to be added to the monotonic clock (µs).
    ///   - monotonic: a clock that nobody can set (µs).
    ///   - wall: what the host takes for the time (µs since 1970).
    init(
        anchor: Int64, monotonic: @escaping @Sendable () -> Int64 = Clocks.monotonicMicroseconds,
        wall: @escaping @Sendable () -> Int64 = { Clocks.wall() / 1000 }
    ) {
        self.monotonic = monotonic
        self.wall = wall
        offset = Atomic(anchor)
    }

    /// A clock that starts at the wall clock's time.
    /// - Parameter earliest: the clock starts no earlier than this, whatever the wall clock says.
    static func anchored(notBefore earliest: Int64 = .min) -> CollectorClock {
        let clock = CollectorClock(anchor: 0)
        clock.offset.store(max(clock.wall(), earliest) - clock.monotonic(), ordering: .relaxed)
        return clock
    }

    func now() -> Int64 { monotonic() + anchor }

    /// A clock that nobody sets, not even this one's `follow` (µs). How long ago something was that this process remembers is measured with it; `now` is
    /// for times that are shown or recorded.
    func steady() -> Int64 { monotonic() }

    /// What is added to the monotonic clock (µs).
    var anchor: Int64 { offset.load(ordering: .relaxed) }

    /// How far the wall clock is ahead of this clock (µs); `nil` when this thread was interrupted while it looked at both.
    var wallAhead: Int64? {
        let before = monotonic()
        let wall = wall()
        let after = monotonic()
        guard after - before < Self.tolerance / 2 else { return nil }
        return wall - (before + (after - before) / 2 + anchor)
    }

    /// Takes over the wall clock's time, where the two have parted. Only between runs.
    /// - Returns: by how much the clock was set (µs).
    func follow() -> Int64? {
        guard let ahead = wallAhead, ahead.magnitude > UInt64(Self.tolerance) else { return nil }
        offset.add(ahead, ordering: .relaxed)
        return ahead
    }
}
