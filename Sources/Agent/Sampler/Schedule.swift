import StatsCore

/// When the next tick is due: a pure value that turns orders and instants into ticks, gaps and ends of runs.
///
/// All instants are microseconds of the collector's clock. The schedule is absolute: a late tick doesn't shift the next one,
/// and what was missed is named as a gap, never caught up in a burst.
struct Schedule {
    enum Step: Equatable {
        /// Nothing to do before this instant.
        case wait(until: Int64)
        /// Nothing to do until an order comes.
        case idle
        /// Read this tick of the run now; the ticks in `missed` were overrun since the last one.
        case tick(UInt64, instant: Int64, missed: ClosedRange<UInt64>?)
        /// Read a tick that is only looked at.
        case live(UInt64, instant: Int64)
        /// The run's last tick is behind us; `missed` ticks before its end were overrun.
        case finish(RunOrder, missed: ClosedRange<UInt64>?)
    }

    /// How often to read while no run is active; none to rest.
    var liveInterval: Int64?
    private(set) var run: RunOrder?
    private var last: UInt64?
    private var next: UInt64 = 0
    /// The first tick of the run that was to be read here, or before for another collector.
    private var first: UInt64 = 0
    private var nextLive: UInt64 = 0
    private var isEmptyRun = false

    init(liveInterval: Int64?) { self.liveInterval = liveInterval }

    /// Takes up a run: from its first tick when it is still to come, else from the next tick of its grid.
    /// - Parameter first: the first tick that was read for another collector.
    mutating func begin(_ order: RunOrder, now: Int64, first: UInt64? = nil) {
        guard order.id != run?.id else { return }
        run = order
        next = Grid(t0: order.t0, interval: order.intervalUs).next(at: now)
        self.first = min(first ?? next, next)
        last = order.ticks.flatMap { $0 > 0 ? $0 - 1 : nil }
        isEmptyRun = order.ticks == 0
    }

    /// Ends the run behind `lastTick`, or at once when there is none.
    mutating func end(_ order: StopOrder) {
        guard order.run == run?.id else { return }
        if let tick = order.lastTick { last = min(last ?? tick, tick) } else { isEmptyRun = true }
    }

    /// How far the run has come here; `nil` when there is none.
    var progress: RunProgress? { run.map { RunProgress(run: $0, first: first, next: next, last: last) } }

    /// Leaves the run without an end: nobody waits for it.
    mutating func abandon() {
        run = nil
        last = nil
        isEmptyRun = false
    }

    /// What to do at `now`.
    mutating func step(now: Int64) -> Step {
        guard let run else { return live(now: now) }
        let grid = Grid(t0: run.t0, interval: run.intervalUs)
        if isEmptyRun || last.map({ next > $0 }) == true { return finish(run, missed: nil) }
        guard let newest = grid.latest(at: now), newest >= next else { return .wait(until: grid.instant(of: next)) }
        if let last, newest > last {
            // The last tick may still be read while its own interval lasts; after that it is overrun as well.
            return finish(run, missed: next...last)
        }
        defer { next = newest + 1 }
        return .tick(newest, instant: grid.instant(of: newest), missed: newest > next ? next...(newest - 1) : nil)
    }

    private mutating func finish(_ order: RunOrder, missed: ClosedRange<UInt64>?) -> Step {
        abandon()
        return .finish(order, missed: missed)
    }

    private mutating func live(now: Int64) -> Step {
        guard let liveInterval else { return .idle }
        let grid = Grid(t0: 0, interval: liveInterval)
        let newest = grid.latest(at: now) ?? 0
        if newest < nextLive, nextLive - newest <= 1 { return .wait(until: grid.instant(of: nextLive)) }
        nextLive = newest + 1
        return .live(newest, instant: grid.instant(of: newest))
    }
}
