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

    private init(anchor: Int64) {
        self.anchor = anchor
        now = { anchor + Self.monotonic() }
    }

    /// A clock that begins with the wall clock.
    /// - Parameter earliest: an instant that has been already, whatever the wall clock says.
    static func anchored(notBefore earliest: Int64 = .min) -> CollectorClock {
        CollectorClock(anchor: max(Clocks.wall() / 1000, earliest) - monotonic())
    }

    /// The clock for a collector that may have to go on with a run.
    /// - Parameter lastTick: the instant of the run's last tick that is on the disk, looked up only after a reboot.
    static func continuing(_ run: ActiveNote?, boot: String? = ActiveNote.thisBoot, lastTick: (ActiveNote) -> Int64?) -> CollectorClock {
        guard let run else { return anchored() }
        if let boot, boot == run.bootID, let anchor = run.anchorUs, Timestamp.plausible.contains(anchor) {
            return CollectorClock(anchor: anchor)
        }
        return anchored(notBefore: lastTick(run) ?? .min)
    }

    private static func monotonic() -> Int64 { Int64(Clocks.monotonic() / 1000) }
}
