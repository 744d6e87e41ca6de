import NIOCore
import StatsCore
import Synchronization

/// Everything of one epoch that waits to be sent or to be acknowledged, between the sampler's thread, which fills it, the uplink, and
/// the spool's thread, which moves to the disk what stays too long.
///
/// A sequenced frame stays until the collector has it on disk. What can be kept neither in memory nor in the spool is dropped before it
/// gets a number, and a `gap` frame names it as soon as there is room, so that the sequence has no hole.
///
/// Here are the lock, the disk and who is woken; what is to be done is decided by the values behind the lock.
final class Outbox: Sendable {
    private struct State {
        var contents: OutboxContents
        /// Whether a collector takes frames at present.
        var isConnected = true
        var wake: AsyncStream<Void>.Continuation?
        var wakeSpool: (@Sendable () -> Void)?
    }

    /// A frame that isn't acknowledged after so long, in nanoseconds, goes to the disk; while no collector is connected it does at once, so
    /// that an agent that is killed then loses nothing that it has read. With a collector that answers nothing is ever written.
    static let spoolAge: UInt64 = 1_000_000_000
    /// From so many bytes in memory on all of it goes to the disk, however young.
    static let spoolBytes = 1 << 20
    /// How much is written at once.
    private static let batchBytes = 4 << 20

    let epoch: UInt64
    let epochID: String
    /// Where frames go that stay too long; none when there is no disk to be used.
    let stream: SpoolStream?
    private let state: Mutex<State>

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
        state = Mutex(State(contents: OutboxContents(epoch: epoch, capacity: capacity, frameLimit: frameLimit)))
    }

    /// For an earlier epoch, whose frames are in the spool: none is added to it.
    init(recovered stream: SpoolStream) {
        epoch = stream.epoch
        epochID = stream.epochID
        self.stream = stream
        let window = FrameWindow(stream.range ?? 1..<1)
        state = Mutex(State(contents: OutboxContents(epoch: stream.epoch, window: window, capacity: 0, frameLimit: Frame.limit)))
    }

    // MARK: The sampler's side

    /// Adds the frame of a run's tick; `build` writes it under the number that it gets.
    /// - Returns: false when the frame was not kept: its tick will be named in a gap.
    @discardableResult
    func append(run: String, tick: UInt64, _ build: (UInt64, inout ByteBuffer) -> Void) -> Bool {
        add { contents, now in contents.append(run: run, tick: tick, now: now, build) }
    }

    /// Names ticks of a run that will never be sent.
    func append(gap ticks: ClosedRange<UInt64>, _ reason: GapReason, run: String) {
        add { contents, now in contents.append(gap: ticks, reason, run: run, now: now) }
    }

    /// Notes that the run has no more frames.
    /// - Parameter isLeaving: whether the agent only leaves the run for another collector.
    func finish(run: String, isLeaving: Bool = false) {
        add { contents, now in contents.finish(run: run, isLeaving: isLeaving, now: now) }
    }

    /// Replaces the live tick: only the newest one is worth sending.
    func setLive(_ build: (inout ByteBuffer) -> Void) {
        let frame = ByteBuffer(framing: build)
        state.withLock { $0.contents.setLive(frame) }
        wake()
    }

    /// Wakes the uplink, and the spool when there are frames for it: the first of several, all without a connection, or too many for memory.
    private func add<Result: Sendable>(_ body: (inout OutboxContents, _ now: UInt64) -> Result) -> Result {
        let now = Clocks.monotonic()
        let result = state.withLock { state in
            let (before, wasEmpty) = (state.contents.window.nextSeq, state.contents.window.count == 0)
            let result = body(&state.contents, now)
            if state.contents.window.nextSeq > before, !state.isConnected || wasEmpty || state.contents.window.bytes > Self.spoolBytes {
                state.wakeSpool?()
            }
            return result
        }
        wake()
        return result
    }

    // MARK: The uplink's side

    /// What a `hello` says about the sequence.
    var position: (firstUnacked: UInt64, next: UInt64) {
        state.withLock { ($0.contents.window.acknowledged + 1, $0.contents.window.nextSeq) }
    }

    /// How many frames aren't acknowledged, and how many bytes of them are in memory.
    var depth: (frames: UInt64, bytes: UInt64) { state.withLock { ($0.contents.window.unacknowledged, UInt64($0.contents.window.bytes)) } }

    /// Whether the collector has all of it on its disk.
    var isAcknowledged: Bool { state.withLock { $0.contents.window.unacknowledged == 0 } }

    /// Whether the collector has all of it, and was told of the end of the run.
    var isDrained: Bool { state.withLock { $0.contents.window.unacknowledged == 0 && !$0.contents.end.isDue } }

    /// The run whose end is sent, or was; not one that the agent has only left.
    var finishedRun: String? { state.withLock { $0.contents.end.isLeaving ? nil : $0.contents.end.run } }

    /// Yields whenever there may be something to send; for one connection, since a stream ends with the task that reads it.
    func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.wake = continuation }
        continuation.yield()
        return stream
    }

    private func wake() { _ = state.withLock { $0.wake }?.yield() }

    /// The next frames to send, at most about `limit` bytes; empty when there is nothing.
    /// - Throws: `DiskError` when what is in the spool can't be read; `SpoolDamage` when a part of it never can: that is given up, and the
    ///   next `hello` says that it is gone.
    func takeBatch(limit: Int = 1 << 20) throws -> [ByteBuffer] {
        while true {
            var batch: [ByteBuffer] = []
            guard case .onDisk(let seq, let rewinds) = state.withLock({ $0.contents.take(into: &batch, limit: limit) }) else {
                return batch
            }
            guard let frames = try read(from: seq, limit: limit), let last = frames.last else { return [] }
            let isWanted = state.withLock { $0.contents.window.noteSent(through: last.seq, rewinds: rewinds) }
            if isWanted { return frames.map(\.frame) }
        }
    }

    /// - Returns: nil when what follows is damaged, and frames before it aren't acknowledged yet.
    private func read(from seq: UInt64, limit: Int) throws -> [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)]? {
        do {
            return try stream?.read(from: seq, limit: limit)
        } catch let damage as SpoolDamage {
            guard state.withLock({ $0.contents.window.giveUp(damage.lost) }) else { return nil }
            throw damage
        }
    }

    /// Everything up to `seq` is on the collector's disk: forget it.
    func acknowledge(through seq: UInt64) {
        state.withLock { state in
            state.contents.window.acknowledge(through: seq)
            if stream?.range != nil { state.wakeSpool?() }
        }
        wake()
    }

    /// Sends again from `seq` on, and the end of the run behind it.
    func rewind(to seq: UInt64) {
        state.withLock { $0.contents.rewind(to: seq) }
        wake()
    }

    /// The collector is in this run: nobody waits for the end of another one.
    func keepEnd(of run: String?) { state.withLock { if $0.contents.end.run != run { $0.contents.end.forget() } } }

    /// The agent is in this run again, should it have left it.
    func comeBack(to run: String) {
        state.withLock { if $0.contents.end.isLeaving, $0.contents.end.run == run { $0.contents.end.forget() } }
    }

    /// No frame from now on is larger than the collector takes.
    func limitFrames(to bytes: Int) { state.withLock { $0.contents.frameLimit = min(bytes, Frame.limit) } }

    // MARK: The spool's side

    /// Everything up to this frame is on the collector's disk.
    var acknowledged: UInt64 { state.withLock { $0.contents.window.acknowledged } }

    /// `wake` is called when memory runs short, when the first frame is there, and when a frame on the disk was acknowledged.
    func setSpoolWake(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wakeSpool = wake } }

    var isConnected: Bool { state.withLock { $0.isConnected } }

    func setConnected(_ isConnected: Bool) {
        state.withLock { state in
            state.isConnected = isConnected
            if !isConnected { state.wakeSpool?() }
        }
    }

    /// The frames that are to be written to the disk at `now` (all there are, when `flush`), or when to ask again.
    func dueForSpool(now: UInt64, flush: Bool) -> (frames: [(seq: UInt64, frame: ByteBuffer)], wakeAt: UInt64?) {
        state.withLock { state in
            guard let oldest = state.contents.window.oldest else { return ([], nil) }
            let due = state.isConnected ? oldest.born + Self.spoolAge : now
            guard flush || state.contents.window.bytes > Self.spoolBytes || now >= due else { return ([], due) }
            return (state.contents.window.oldest(limit: Self.batchBytes), nil)
        }
    }

    /// Everything up to `seq` can be read from the disk: memory needs it no more.
    func noteSpooled(through seq: UInt64) { state.withLock { $0.contents.window.forget(through: seq) } }
}
