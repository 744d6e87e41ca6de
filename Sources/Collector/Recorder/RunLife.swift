import StatsCore

/// The life of a run, without any I/O: armed until tick 0, recording until it is stopped or its ticks are over, stopping while
/// nodes deliver what they still have, then closed.
struct RunLife: Sendable, Equatable {
    enum Phase: Sendable, Equatable {
        case armed
        case recording
        case stopping(lastTick: UInt64?, deadline: Int64, waitsFor: Waiting)
    }

    /// Whose last frames a run that is being stopped waits for.
    enum Waiting: Sendable, Equatable {
        /// Somebody stops the run by hand and waits for the answer: nodes that were away then would only delay it.
        case connectedNodes
        /// The run ends by its own duration, or a restart interrupted it: nodes that are away may come back in time.
        case allNodes
    }

    /// How long nodes may take to deliver their next frames, once the run is being stopped. Whoever goes on delivering is waited for.
    static let grace: Int64 = 10_000_000

    let grid: Grid
    private(set) var phase: Phase = .armed
    /// Before this instant no deadline passes: a collector that has just started gives nodes time to come back.
    private let earliestDeadline: Int64

    init(grid: Grid) {
        self.grid = grid
        earliestDeadline = .min
    }

    /// Goes on with a run after a restart at `now`.
    init(grid: Grid, resumedAt now: Int64, stoppedAt lastTick: UInt64??) {
        self.grid = grid
        earliestDeadline = now + Self.grace
        if let lastTick { phase = .stopping(lastTick: lastTick, deadline: earliestDeadline, waitsFor: .allNodes) }
        advance(to: now)
    }

    var state: RunState {
        switch phase {
        case .armed: .armed
        case .recording: .recording
        case .stopping: .stopping
        }
    }

    /// The last tick, once the run is being stopped.
    var stop: (lastTick: UInt64?, expected: UInt64)? {
        guard case .stopping(let lastTick, _, _) = phase else { return nil }
        return (lastTick, lastTick.map { $0 + 1 } ?? 0)
    }

    /// How many ticks the run has, as far as that is known.
    var expected: UInt64? { stop?.expected ?? grid.ticks }

    /// Whether a tick comes behind the last one.
    func isBeyondEnd(_ tick: UInt64) -> Bool { expected.map { tick >= $0 } ?? false }

    /// Lets time pass.
    mutating func advance(to now: Int64) {
        if phase == .armed, now >= grid.t0 { phase = .recording }
        if phase == .recording, let last = grid.last, now >= grid.instant(of: last) {
            let deadline = grid.instant(of: last + 1) + Self.grace
            phase = .stopping(lastTick: last, deadline: max(deadline, earliestDeadline), waitsFor: .allNodes)
        }
    }

    /// Somebody stops the run. The ticks that are due by now are its ticks, and those that agents whose clock is a little ahead
    /// have delivered already.
    mutating func stop(at now: Int64, delivered: UInt64? = nil) {
        advance(to: now)
        if case .stopping(let lastTick, let deadline, _) = phase {
            phase = .stopping(lastTick: lastTick, deadline: min(deadline, now + Self.grace), waitsFor: .connectedNodes)
        } else {
            let lastTick = [grid.latest(at: now), delivered].compactMap(\.self).max()
            phase = .stopping(lastTick: lastTick, deadline: now + Self.grace, waitsFor: .connectedNodes)
        }
    }

    /// More of the run was taken in, or can be again.
    mutating func noteProgress(at now: Int64) {
        guard case .stopping(let lastTick, let deadline, let waitsFor) = phase else { return }
        phase = .stopping(lastTick: lastTick, deadline: max(deadline, now + Self.grace), waitsFor: waitsFor)
    }

    /// Whether the run can be closed.
    func isOver(at now: Int64, connectedHaveFinished: Bool, allHaveFinished: Bool) -> Bool {
        guard case .stopping(_, let deadline, let waitsFor) = phase else { return false }
        if now >= deadline { return true }
        return waitsFor == .allNodes ? allHaveFinished : connectedHaveFinished
    }

    /// Whether a tick of this number can exist at `now`. Clocks differ a little and the answer to `stop` may cross a tick,
    /// but a number far ahead is a fault that would book endless missing ticks.
    func isPlausible(_ tick: UInt64, at now: Int64) -> Bool {
        guard let latest = grid.latest(at: now + Self.grace) else { return false }
        return tick <= latest
    }
}
