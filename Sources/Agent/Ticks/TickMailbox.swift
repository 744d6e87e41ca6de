import StatsCore
import Synchronization

/// The newest tick on its way from the sampler, which doesn't wait, to another thread, which looks when it has time.
///
/// A tick is copied into memory that is kept from one tick to the next, and takes the place of one that nobody has looked at.
final class TickMailbox: TickSink {
    struct Tick: Sendable {
        let rows: FrameRows
        let times: TickTimes
    }

    private struct State: ~Copyable {
        var frame = ByteWriter()
        /// Of the newest tick, whether it is still here or not.
        var times: TickTimes?
        var isFull = false
        var isFinished = false
        var wake: AsyncStream<Void>.Continuation?
    }

    let wantsLiveTicks: Bool
    private let period: Int64
    private let isStale: @Sendable (TickTimes, _ now: Int64) -> Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - period: ticks that come sooner than so many microseconds after the last one are passed over.
    ///   - isStale: whether a tick says nothing about the present any more at `now`, in microseconds of the monotonic clock. A stale tick is never
    ///     handed out.
    init(
        wantsLiveTicks: Bool = true, period: Int64 = 0,
        isStale: @escaping @Sendable (_ tick: TickTimes, _ now: Int64) -> Bool = { _, _ in false }
    ) {
        self.wantsLiveTicks = wantsLiveTicks
        self.period = period
        self.isStale = isStale
    }

    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
        let times = TickTimes(header, interval: interval, now: Clocks.monotonicMicroseconds())
        let wake = state.withLock { state -> AsyncStream<Void>.Continuation? in
            if let last = state.times, times.read - last.read < period { return nil }
            state.times = times
            if state.isFinished { return nil }
            state.frame.removeAll()
            state.frame.write(header, rows)
            state.isFull = true
            return state.wake
        }
        wake?.yield()
    }

    /// When the newest tick was, also of one that is stale or taken; `nil` before the first.
    var times: TickTimes? { state.withLock { $0.times } }

    /// The newest tick, which stays for others.
    func newest() -> Tick? { tick(takingIt: false) }

    /// The newest tick, once: after that there is none until the next one comes.
    func take() -> Tick? { tick(takingIt: true) }

    private func tick(takingIt isTaking: Bool) -> Tick? {
        let now = Clocks.monotonicMicroseconds()
        // The sampler waits for the lock. So the bytes are only copied here, and looked at outside of it.
        let copy = state.withLock { state -> (bytes: [UInt8], times: TickTimes)? in
            guard state.isFull, let times = state.times else { return nil }
            if isTaking { state.isFull = false }
            return isStale(times, now) ? nil : (state.frame.withUnsafeBytes { Array($0) }, times)
        }
        guard let copy, let frame = try? TickFrame(copy.bytes.span.bytes) else { return nil }
        return Tick(rows: FrameRows(frame, frame: copy.bytes.span.bytes, columns: FrameRows.columns), times: copy.times)
    }

    /// Yields whenever there may be a tick to take, and ends with `finish`; for one reader.
    func wakes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let isFinished = state.withLock { state in
            state.wake = continuation
            return state.isFinished
        }
        if isFinished { continuation.finish() } else { continuation.yield() }
        return stream
    }

    /// Hands out no tick from now on.
    func finish() {
        let wake = state.withLock { state in
            state.isFinished = true
            state.isFull = false
            return state.wake
        }
        wake?.finish()
    }
}
