import NIOCore
import StatsCore

/// What waits in an outbox: the frames of runs, ticks that could not be kept, the end of a run, and the newest live tick.
struct OutboxContents {
    private let epoch: UInt64
    /// How many bytes of frames are kept in memory at most; the frame that exceeds it is kept, too.
    private let capacity: Int
    /// The largest payload of a frame, in bytes.
    var frameLimit: Int
    var window: FrameWindow
    var end = RunEnd()
    private var lost = LostTicks()
    private var live: ByteBuffer?

    init(epoch: UInt64, window: FrameWindow = FrameWindow(), capacity: Int, frameLimit: Int) {
        self.epoch = epoch
        self.window = window
        self.capacity = capacity
        self.frameLimit = frameLimit
    }

    /// Adds the frame of a run's tick; `build` writes it under the number that it gets. One that is too large for the wire is named
    /// as a gap instead: the collector would close the connection on it, at every try.
    ///
    /// - Parameter now: on the monotonic clock, in nanoseconds.
    /// - Returns: false when the frame was not kept: its tick will be named in a gap.
    mutating func append(run: String, tick: UInt64, now: UInt64, _ build: (UInt64, inout ByteBuffer) -> Void) -> Bool {
        lost.forget(exceptOf: run)
        if window.bytes < capacity { nameLost(now: now) }
        guard window.bytes < capacity else {
            lost.add(through: tick, run: run)
            return false
        }
        let seq = window.nextSeq
        var isTooLarge = false
        let frame = ByteBuffer(framing: { buffer in
            build(seq, &buffer)
            isTooLarge = buffer.readableBytes - Frame.headerBytes > frameLimit
            guard isTooLarge else { return }
            buffer.moveWriterIndex(to: buffer.readerIndex + Frame.headerBytes)
            write(gap: tick...tick, .spoolFull, run: run, seq: seq, to: &buffer)
        })
        window.append(frame, now: now)
        return !isTooLarge
    }

    /// Names ticks of a run that will never be sent.
    mutating func append(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, now: UInt64) {
        lost.forget(exceptOf: run)
        if lost.isEmpty {
            add(gap: ticks, reason, run: run, now: now)
        } else {
            // Still no room: one gap for both, since a frame that can't be kept can't be named either.
            lost.add(through: ticks.upperBound, run: run)
        }
    }

    /// Notes that the run has no more frames.
    /// - Parameter isLeaving: whether it only has none from this agent, unless that comes back.
    mutating func finish(run: String, isLeaving: Bool = false, now: UInt64) {
        lost.forget(exceptOf: run)
        nameLost(now: now)
        end.set(Fin(run: run, epoch: epoch, seq: window.nextSeq - 1), isLeaving: isLeaving)
    }

    /// Replaces the live tick: only the newest one is worth sending.
    mutating func setLive(_ frame: ByteBuffer) {
        if frame.readableBytes - Frame.headerBytes <= frameLimit { live = frame }
    }

    /// Appends what is to be sent next to `batch`. What is recorded comes first, behind it the end of its run, and then what is only looked at.
    mutating func take(into batch: inout [ByteBuffer], limit: Int) -> FrameWindow.Taking {
        let taking = window.take(into: &batch, limit: limit)
        guard taking == .isDone else { return taking }
        if let end = end.take(), let encoded = try? end.encoded() { batch.append(ByteBuffer(framing: { $0.writeBytes(encoded) })) }
        if let live {
            self.live = nil
            batch.append(live)
        }
        return taking
    }

    /// Sends again from `seq` on, and the end of the run behind it.
    mutating func rewind(to seq: UInt64) {
        window.rewind(to: seq)
        end.rewind()
    }

    private mutating func nameLost(now: UInt64) {
        if let lost = lost.take() { add(gap: lost.ticks, .spoolFull, run: lost.run, now: now) }
    }

    private mutating func add(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, now: UInt64) {
        let seq = window.nextSeq
        window.append(ByteBuffer(framing: { write(gap: ticks, reason, run: run, seq: seq, to: &$0) }), now: now)
    }

    private func write(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, seq: UInt64, to buffer: inout ByteBuffer) {
        let gap = Gap(run: run, epoch: epoch, seq: seq, from: ticks.lowerBound, to: ticks.upperBound, reason: reason)
        if let encoded = try? gap.encoded() { buffer.writeBytes(encoded) }
    }
}
