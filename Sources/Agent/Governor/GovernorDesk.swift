import StatsCore
import Synchronization

/// The newest tick on its way from the sampler, which doesn't wait, to the governor, which looks when it has time.
final class GovernorDesk: Sendable {
    struct Tick: Sendable {
        let rows: LiveRows
        /// The tick's instant, microseconds of the monotonic clock.
        let instant: Int64
        /// From one tick to the next, in microseconds.
        let interval: Int64
    }

    private struct State: ~Copyable {
        var frame = ByteWriter()
        var tick: (instant: Int64, interval: Int64)?
    }

    private let state = Mutex(State())
    /// An element when there is a tick to take; it ends with `finish`.
    let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init() { (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func finish() { waker.finish() }

    /// Takes over a tick, in place of one that nobody has taken.
    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
        // The header's times are the collector's; what has passed since the instant is the same by any clock.
        let instant = CollectorClock.own() - (header.end - header.time)
        state.withLock { state in
            state.frame.removeAll()
            state.frame.write(header, rows)
            state.tick = (instant, interval)
        }
        waker.yield()
    }

    func take() -> Tick? {
        state.withLock { state in
            guard let tick = state.tick else { return nil }
            state.tick = nil
            guard let frame = try? TickFrame(state.frame.bytes) else { return nil }
            return Tick(
                rows: LiveRows(frame, frame: state.frame.bytes, columns: LiveRows.columns), instant: tick.instant, interval: tick.interval)
        }
    }
}
