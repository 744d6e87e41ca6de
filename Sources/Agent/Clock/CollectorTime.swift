import StatsCore
import Synchronization

/// What this agent knows of the collector's time: its own monotonic clock, and the offset that it measured.
///
/// Before the first measurement, the host's wall clock takes its place, wherever it is set.
final class CollectorTime: Sendable {
    private struct State {
        var estimator = OffsetEstimator()
        /// `nil` before the first measurement.
        var offset: Int64?
    }

    private let state = Mutex(State())

    /// Notes one ping and its pong, received at `t4`, in microseconds of the monotonic clock, as all times of the agent's messages are.
    func note(_ pong: Pong, t4: Int64) {
        state.withLock { state in
            state.estimator.note(t1: pong.t1, t2: pong.t2, t3: pong.t3, t4: t4)
            if let estimate = state.estimator.estimate { state.offset = estimate.offset }
        }
    }

    /// Forgets the measurements: a new connection may lead to a collector with another clock.
    func restart() { state.withLock { $0.estimator = OffsetEstimator() } }

    /// Uses an offset that the agent measured before it was restarted, until there is a new measurement.
    func assume(offset: Int64) { state.withLock { $0.offset = offset } }

    /// Microseconds since 1970 by the collector's clock.
    func now() -> Int64 { Clocks.monotonicMicroseconds() + offset }

    /// To be added to the monotonic clock's microseconds to get the collector's time.
    var offset: Int64 { state.withLock(\.offset) ?? Clocks.wall() / 1000 - Clocks.monotonicMicroseconds() }

    /// The collector's clock minus this host's wall clock, and the possible error, in µs; `nil` before the first measurement.
    var wallOffset: (offset: Int64, error: Int64)? {
        state.withLock { state in
            state.estimator.estimate.map { ($0.offset + Clocks.monotonicMicroseconds() - Clocks.wall() / 1000, $0.error) }
        }
    }

    /// Converts an instant of the collector's clock to the monotonic clock, in nanoseconds.
    func monotonic(_ instant: Int64) -> UInt64 { UInt64(clamping: instant.saturatingSubtracting(offset).saturatingMultiplied(by: 1000)) }
}
