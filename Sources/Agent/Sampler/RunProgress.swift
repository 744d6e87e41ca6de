import StatsCore

/// How far an agent has come in a run when it leaves it for another collector, which may have a part of the same run.
struct RunProgress: Equatable {
    let run: RunOrder
    /// The first tick that was to be read, here or before for another collector, and the one that would be next.
    let first: UInt64
    let next: UInt64
    /// The run's last tick, once that is known.
    let last: UInt64?

    /// What another collector's part of the run lacks before the tick with which it begins there.
    struct Behind: Equatable {
        /// From when on (µs, that collector's clock) ticks are read for it, so that none is read twice.
        let begin: Int64
        /// Ticks, by that collector's count, that were read for the first one.
        let elsewhere: ClosedRange<UInt64>?
        /// Those behind them that nobody has read.
        let overrun: ClosedRange<UInt64>?
    }

    /// The tick from which on this collector's part lacks all; `nil` when there is none any more.
    var leaving: UInt64? { last.map { next > $0 } == true ? nil : next }

    /// Lines the ticks that were read up with those of another order.
    /// - Parameters:
    ///   - ahead: how far the other collector's clock is ahead of the first one's (µs).
    ///   - now: by the other collector's clock.
    func behind(_ other: RunOrder, ahead: Int64, now: Int64) -> Behind {
        let (own, grid) = (Grid(t0: run.t0, interval: run.intervalUs), Grid(t0: other.t0, interval: other.intervalUs))
        guard next > first else { return Behind(begin: now, elsewhere: nil, overrun: nil) }
        let newest = own.instant(of: next - 1).saturatingAdding(ahead)
        let begin = max(now, newest.saturatingAdding(other.intervalUs / 2))
        guard other.name == run.name, other.intervalUs == run.intervalUs else { return Behind(begin: begin, elsewhere: nil, overrun: nil) }
        // Clocks are known to some error, which is less than half an interval.
        func tick(at instant: Int64) -> UInt64? { grid.latest(at: instant.saturatingAdding(other.intervalUs / 2)) }
        let start = grid.next(at: begin)
        guard start > 0, let to = tick(at: newest), to < start else { return Behind(begin: begin, elsewhere: nil, overrun: nil) }
        let from = tick(at: own.instant(of: first).saturatingAdding(ahead)) ?? 0
        return Behind(begin: begin, elsewhere: min(from, to)...to, overrun: to + 1 < start ? to + 1...start - 1 : nil)
    }
}
