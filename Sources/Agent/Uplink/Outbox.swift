import DequeModule
import NIOCore
import StatsCore
import Synchronization

/// Everything that waits to be sent or to be acknowledged, between the sampler's thread, which fills it, and the uplink.
///
/// A sequenced frame stays until the collector has it on disk. What doesn't fit is dropped before it gets a number, and a `gap` frame
/// names it as soon as there is room, so that the sequence has no hole.
final class Outbox: Sendable {
    private struct Entry {
        let seq: UInt64
        /// With its length in front, ready to be written.
        let frame: ByteBuffer
    }

    private struct State {
        var nextSeq: UInt64 = 1
        var entries = Deque<Entry>()
        var bytes = 0
        /// The next entry to be sent on this connection.
        var nextToSend: UInt64 = 1
        var live: ByteBuffer?
        var lost: (run: String, from: UInt64, to: UInt64)?
        var fin: (message: Fin, isSent: Bool)?
        var wake: AsyncStream<Void>.Continuation?
    }

    let epoch: UInt64
    private let capacity: Int
    private let frameLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: how many bytes of unacknowledged frames are kept.
    ///   - frameLimit: the largest payload of a frame, in bytes.
    init(epoch: UInt64, capacity: Int = 8 * 1024 * 1024, frameLimit: Int = Frame.limit) {
        self.epoch = epoch
        self.capacity = capacity
        self.frameLimit = frameLimit
    }

    // MARK: The sampler's side

    /// Adds the frame of a run's tick; `build` writes it under the number that it gets. One that is too large for the wire is named
    /// as a gap instead: the collector would close the connection on it, at every try.
    func append(run: String, tick: UInt64, _ build: (UInt64, inout ByteBuffer) -> Void) {
        state.withLock { state in
            forgetLost(exceptOf: run, &state)
            if let lost = state.lost, state.bytes < capacity {
                state.lost = nil
                add(gap: lost.from...lost.to, .spoolFull, run: lost.run, to: &state)
            }
            guard state.lost == nil, state.bytes < capacity else {
                state.lost = (run, state.lost?.from ?? tick, tick)
                return
            }
            add(&state) { seq, buffer in
                build(seq, &buffer)
                guard buffer.readableBytes - Frame.headerBytes > frameLimit else { return }
                buffer.moveWriterIndex(to: buffer.readerIndex + Frame.headerBytes)
                write(gap: tick...tick, .spoolFull, run: run, seq: seq, to: &buffer)
            }
        }
        wake()
    }

    /// Names ticks of a run that will never be sent.
    func append(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String) {
        state.withLock { state in
            forgetLost(exceptOf: run, &state)
            if let lost = state.lost {
                // Still no room: one gap for both, since a frame that can't be kept can't be named either.
                state.lost = (lost.run, lost.from, ticks.upperBound)
            } else {
                add(gap: ticks, reason, run: run, to: &state)
            }
        }
        wake()
    }

    /// Notes that the run has no more frames.
    func finish(run: String) {
        state.withLock { state in
            forgetLost(exceptOf: run, &state)
            if let lost = state.lost {
                state.lost = nil
                add(gap: lost.from...lost.to, .spoolFull, run: lost.run, to: &state)
            }
            state.fin = (Fin(run: run, epoch: epoch, seq: state.nextSeq - 1), false)
        }
        wake()
    }

    /// Replaces the live tick: only the newest one is worth sending.
    func setLive(_ build: (inout ByteBuffer) -> Void) {
        let frame = Self.frame(build)
        guard frame.readableBytes - Frame.headerBytes <= frameLimit else { return }
        state.withLock { $0.live = frame }
        wake()
    }

    var depth: (frames: UInt64, bytes: UInt64) {
        state.withLock { (UInt64($0.entries.count), UInt64($0.bytes)) }
    }

    // MARK: The uplink's side

    /// What a `hello` says about the sequence.
    var position: (firstUnacked: UInt64, next: UInt64) {
        state.withLock { ($0.entries.first?.seq ?? $0.nextSeq, $0.nextSeq) }
    }

    var isDrained: Bool { state.withLock { $0.entries.isEmpty && $0.fin?.isSent != false } }

    /// Yields whenever there may be something to send; for one connection, since a stream ends with the task that reads it.
    func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.wake = continuation }
        continuation.yield()
        return stream
    }

    /// The next frames to send, at most about `limit` bytes; empty when there is nothing.
    func takeBatch(limit: Int = 1 << 20) -> [ByteBuffer] {
        state.withLock { state in
            var batch: [ByteBuffer] = []
            var size = 0
            if let first = state.entries.first {
                var index = Int(max(state.nextToSend, first.seq) - first.seq)
                while index < state.entries.count, size < limit {
                    let entry = state.entries[index]
                    batch.append(entry.frame)
                    size += entry.frame.readableBytes
                    state.nextToSend = entry.seq + 1
                    index += 1
                }
            }
            guard size < limit else { return batch }
            if let fin = state.fin, !fin.isSent, let encoded = try? fin.message.encoded() {
                state.fin?.isSent = true
                batch.append(Self.frame { $0.writeBytes(encoded) })
            }
            if let live = state.live {
                state.live = nil
                batch.append(live)
            }
            return batch
        }
    }

    /// Everything up to `seq` is on the collector's disk: forget it.
    func acknowledge(through seq: UInt64) {
        state.withLock { state in
            while let first = state.entries.first, first.seq <= seq {
                state.bytes -= first.frame.readableBytes
                state.entries.removeFirst()
            }
        }
        wake()
    }

    /// Sends again from `seq` on, and the end of the run behind it.
    func rewind(to seq: UInt64) {
        state.withLock { state in
            // Never beyond what there is: a frame that is still to come would be skipped.
            state.nextToSend = min(seq, state.nextSeq)
            state.fin?.isSent = false
        }
        wake()
    }

    /// The collector doesn't know the run that this agent has finished: nobody waits for its end.
    func forgetFin() { state.withLock { $0.fin = nil } }

    var finishedRun: String? { state.withLock { $0.fin?.message.run } }

    private func wake() { _ = state.withLock { $0.wake }?.yield() }

    // MARK: Building

    private func add(_ state: inout State, _ build: (UInt64, inout ByteBuffer) -> Void) {
        let seq = state.nextSeq
        state.nextSeq += 1
        let frame = Self.frame { build(seq, &$0) }
        state.bytes += frame.readableBytes
        state.entries.append(Entry(seq: seq, frame: frame))
    }

    private func add(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, to state: inout State) {
        add(&state) { seq, buffer in write(gap: ticks, reason, run: run, seq: seq, to: &buffer) }
    }

    private func write(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, seq: UInt64, to buffer: inout ByteBuffer) {
        let gap = Gap(run: run, epoch: epoch, seq: seq, from: ticks.lowerBound, to: ticks.upperBound, reason: reason)
        if let encoded = try? gap.encoded() { buffer.writeBytes(encoded) }
    }

    /// What was lost of an earlier run, which was left without its end, nobody asks for any more; and its ticks have other numbers.
    private func forgetLost(exceptOf run: String, _ state: inout State) {
        if state.lost?.run != run { state.lost = nil }
    }

    /// A frame with its length in front.
    private static func frame(_ build: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(0))
        build(&buffer)
        buffer.setInteger(UInt32(buffer.readableBytes - Frame.headerBytes), at: 0)
        return buffer
    }
}
