import StatsCore

/// The states of a run, without any I/O: armed until tick 0, recording until it is stopped or its ticks are over, stopping while
/// nodes deliver what they still have, then closed.
struct RunLife: Sendable, Equatable {
    enum Phase: Sendable, Equatable {
        case armed
        case recording
        case stopping(lastTick: UInt64?, deadline: Int64, waitsFor: Waiting)
    }

    /// The nodes for whose last frames a stopping run waits.
    enum Waiting: Sendable, Equatable {
        /// The run was stopped by hand, and somebody waits for the answer: nodes that are away would only delay it.
        case connectedNodes
        /// The run ended by its own duration, or was interrupted by a restart: nodes that are away may come back in time.
        case allNodes
    }

    /// How long a stopping run waits for the next frame of any node. As long as frames come, it goes on waiting.
    static let grace: Int64 = 10_000_000

    let grid: Grid
    private(set) var phase: Phase = .armed
    /// No deadline passes before this instant: after a start of the collector, nodes get time to come back.
    private let earliestDeadline: Int64

    init(grid: Grid) {
        self.grid = grid
        earliestDeadline = .min
    }

    /// Continues a run after a restart at `now`.
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

    /// The last tick and the number of ticks, once the run is being stopped.
    var stop: (lastTick: UInt64?, expected: UInt64)? {
        guard case .stopping(let lastTick, _, _) = phase else { return nil }
        return (lastTick, lastTick.map { $0 + 1 } ?? 0)
    }

    /// How many ticks the run has, if that is known.
    var expected: UInt64? { stop?.expected ?? grid.ticks }

    /// Whether a tick comes after the last one.
    func isBeyondEnd(_ tick: UInt64) -> Bool { expected.map { tick >= $0 } ?? false }

    /// Advances the state to the time `now`.
    mutating func advance(to now: Int64) {
        if phase == .armed, now >= grid.t0 { phase = .recording }
        if phase == .recording, let last = grid.last, now >= grid.instant(of: last) {
            let deadline = grid.instant(of: last + 1) + Self.grace
            phase = .stopping(lastTick: last, deadline: max(deadline, earliestDeadline), waitsFor: .allNodes)
        }
    }

    /// Stops the run by hand. Its ticks are those that are due by now, and those that agents whose clock is slightly ahead have
    /// already delivered.
    /// - Parameter last: the last tick at which other collectors of the same run stop. It may be about to come.
    mutating func stop(at now: Int64, delivered: UInt64? = nil, last: UInt64? = nil) {
        advance(to: now)
        if case .stopping(let lastTick, let deadline, _) = phase {
            phase = .stopping(lastTick: lastTick, deadline: min(deadline, now + Self.grace), waitsFor: .connectedNodes)
        } else {
            let agreed = last.map { min($0, grid.last ?? $0) }
            let lastTick = [grid.latest(at: now), delivered, agreed].compactMap(\.self).max()
            let end = agreed.map { max(now, grid.instant(of: $0)) } ?? now
            phase = .stopping(lastTick: lastTick, deadline: end + Self.grace, waitsFor: .connectedNodes)
        }
    }

    /// Frames of the run were taken, or can be taken again.
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

    /// Whether a tick of this number can exist at `now`. Clocks differ slightly, and an answer to `stop` may cross a tick. But a number
    /// far ahead is a fault that would record endless missing ticks.
    func isPlausible(_ tick: UInt64, at now: Int64) -> Bool {
        guard let latest = grid.latest(at: now + Self.grace) else { return false }
        return tick <= latest
    }
}
