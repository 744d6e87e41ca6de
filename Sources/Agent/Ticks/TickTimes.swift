import StatsCore

/// When a tick was, in microseconds of the monotonic clock.
struct TickTimes: Sendable, Equatable {
    /// The tick's instant on its grid.
    let instant: Int64
    /// When all its rows had been read.
    let read: Int64
    /// From this tick to the next.
    let interval: Int64

    init(instant: Int64, read: Int64, interval: Int64) {
        self.instant = instant
        self.read = read
        self.interval = interval
    }

    /// - Parameter now: when the last row had been read.
    init(_ header: TickHeader, interval: Int64, now: Int64) {
        // The header's times are the collector's. How long reading took after the instant is the same by any clock.
        self.init(instant: now - (header.end - header.time), read: now, interval: interval)
    }
}
