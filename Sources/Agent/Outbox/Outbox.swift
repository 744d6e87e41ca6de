import DequeModule
import NIOCore
import StatsCore
import Synchronization

/// Everything of one epoch that waits to be sent or to be acknowledged, between the sampler's thread, which fills it, the uplink, and
/// the spool's thread, which moves to the disk what stays too long.
///
/// A sequenced frame stays until the collector has it on disk. What can be kept neither in memory nor in the spool is dropped before it
/// gets a number, and a `gap` frame names it as soon as there is room, so that the sequence has no hole.
///
///     1 … acknowledged | on the disk (stream) | in memory (entries) | nextSeq
final class Outbox: Sendable {
    struct Entry {
        let seq: UInt64
        /// With its length in front, ready to be written.
        let frame: ByteBuffer
        /// On the monotonic clock, in nanoseconds.
        let born: UInt64
    }

    struct State {
        var nextSeq: UInt64
        /// Everything up to this frame is on the collector's disk.
        var acknowledged: UInt64
        /// The frames that are in memory, and in memory only.
        var entries = Deque<Entry>()
        var bytes = 0
        /// The next frame to be sent on this connection.
        var nextToSend: UInt64
        /// Told from one rewind to the next: whoever reads frames from the disk meanwhile must not undo it.
        var rewinds: UInt64 = 0
        var live: ByteBuffer?
        var lost: (run: String, from: UInt64, to: UInt64)?
        var fin: (message: Fin, isSent: Bool)?
        var frameLimit: Int
        var wake: AsyncStream<Void>.Continuation?
        var wakeSpool: (@Sendable () -> Void)?
        /// Whether a collector takes frames at present.
        var isConnected = true
    }

    let epoch: UInt64
    let epochID: String
    /// Where frames go that stay too long; none when there is no disk to be used.
    let stream: SpoolStream?
    let state: Mutex<State>
    private let capacity: Int

    /// For the epoch that begins now.
    ///
    /// - Parameters:
    ///   - capacity: how many bytes of frames are kept in memory when the spool can't take them.
    ///   - frameLimit: the largest payload of a frame, in bytes.
    init(
        epoch: UInt64, epochID: String = "", stream: SpoolStream? = nil, capacity: Int = 8 * 1024 * 1024, frameLimit: Int = Frame.limit
    ) {
        self.epoch = epoch
        self.epochID = epochID
        self.stream = stream
        self.capacity = capacity
        state = Mutex(State(nextSeq: 1, acknowledged: 0, nextToSend: 1, frameLimit: frameLimit))
    }

    /// For what an earlier life left in its spool: nothing is added to it any more.
    init(recovered stream: SpoolStream) {
        epoch = stream.epoch
        epochID = stream.epochID
        self.stream = stream
        capacity = 0
        let range = stream.range ?? 1..<1
        state = Mutex(
            State(
                nextSeq: range.upperBound, acknowledged: range.lowerBound - 1, nextToSend: range.lowerBound, frameLimit: Frame.limit))
    }

    // MARK: The sampler's side

    /// Adds the frame of a run's tick; `build` writes it under the number that it gets. One that is too large for the wire is named
    /// as a gap instead: the collector would close the connection on it, at every try.
    ///
    /// - Returns: false when the frame was not kept: its tick will be named in a gap.
    @discardableResult
    func append(run: String, tick: UInt64, _ build: (UInt64, inout ByteBuffer) -> Void) -> Bool {
        let isKept = state.withLock { state in
            forgetLost(exceptOf: run, &state)
            if state.bytes < capacity { nameLost(&state) }
            guard state.lost == nil, state.bytes < capacity else {
                state.lost = (run, state.lost?.from ?? tick, tick)
                return false
            }
            var isTooLarge = false
            let frameLimit = state.frameLimit
            add(&state) { seq, buffer in
                build(seq, &buffer)
                isTooLarge = buffer.readableBytes - Frame.headerBytes > frameLimit
                guard isTooLarge else { return }
                buffer.moveWriterIndex(to: buffer.readerIndex + Frame.headerBytes)
                write(gap: tick...tick, .spoolFull, run: run, seq: seq, to: &buffer)
            }
            return !isTooLarge
        }
        wake()
        return isKept
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
            nameLost(&state)
            state.fin = (Fin(run: run, epoch: epoch, seq: state.nextSeq - 1), false)
        }
        wake()
    }

    /// Replaces the live tick: only the newest one is worth sending.
    func setLive(_ build: (inout ByteBuffer) -> Void) {
        let frame = Self.frame(build)
        state.withLock { state in
            if frame.readableBytes - Frame.headerBytes <= state.frameLimit { state.live = frame }
        }
        wake()
    }

    // MARK: Building

    private func add(_ state: inout State, _ build: (UInt64, inout ByteBuffer) -> Void) {
        let seq = state.nextSeq
        state.nextSeq += 1
        let frame = Self.frame { build(seq, &$0) }
        state.bytes += frame.readableBytes
        state.entries.append(Entry(seq: seq, frame: frame, born: Clocks.monotonic()))
        if !state.isConnected || state.entries.count == 1 || state.bytes > Self.spoolBytes { state.wakeSpool?() }
    }

    private func add(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, to state: inout State) {
        add(&state) { seq, buffer in write(gap: ticks, reason, run: run, seq: seq, to: &buffer) }
    }

    private func write(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String, seq: UInt64, to buffer: inout ByteBuffer) {
        let gap = Gap(run: run, epoch: epoch, seq: seq, from: ticks.lowerBound, to: ticks.upperBound, reason: reason)
        if let encoded = try? gap.encoded() { buffer.writeBytes(encoded) }
    }

    private func nameLost(_ state: inout State) {
        guard let lost = state.lost else { return }
        state.lost = nil
        add(gap: lost.from...lost.to, .spoolFull, run: lost.run, to: &state)
    }

    /// What was lost of an earlier run, which was left without its end, nobody asks for any more; and its ticks have other numbers.
    private func forgetLost(exceptOf run: String, _ state: inout State) {
        if state.lost?.run != run { state.lost = nil }
    }

    /// A frame with its length in front.
    static func frame(_ build: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(0))
        build(&buffer)
        buffer.setInteger(UInt32(buffer.readableBytes - Frame.headerBytes), at: 0)
        return buffer
    }
}
