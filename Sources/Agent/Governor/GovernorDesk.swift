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
        /// Of the newest tick, in microseconds.
        var interval: Int64 = 1_000_000
        var isFinished = false
    }

    private let state = Mutex(State())
    /// An element when there is a tick to take; it ends with `finish`.
    let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init() { (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// No tick is handed out from now on.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.tick = nil
        }
        waker.finish()
    }

    /// From one tick to the next, in microseconds.
    var interval: Int64 { state.withLock { $0.interval } }

    /// Takes over a tick, in place of one that nobody has taken.
    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
        // The header's times are the collector's; what has passed since the instant is the same by any clock.
        let instant = Clocks.monotonicMicroseconds() - (header.end - header.time)
        state.withLock { state in
            state.interval = interval
            if state.isFinished { return }
            state.frame.removeAll()
            state.frame.write(header, rows)
            state.tick = (instant, interval)
        }
        waker.yield()
    }

    func take() -> Tick? {
        // The sampler waits for the lock: what takes long happens behind it.
        let taken = state.withLock { state -> (bytes: [UInt8], instant: Int64, interval: Int64)? in
            guard let tick = state.tick else { return nil }
            state.tick = nil
            return (state.frame.withUnsafeBytes { Array($0) }, tick.instant, tick.interval)
        }
        guard let taken, let frame = try? TickFrame(taken.bytes.span.bytes) else { return nil }
        return Tick(
            rows: LiveRows(frame, frame: taken.bytes.span.bytes, columns: LiveRows.columns), instant: taken.instant,
            interval: taken.interval)
    }
}
