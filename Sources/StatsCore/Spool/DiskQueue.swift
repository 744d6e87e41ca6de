import NIOCore
import Synchronization

/// Records that wait on the disk, in order and under growing numbers, in the files of a spool. Who takes them acknowledges them.
///
/// What was appended survives the process, and a power cut after `sync`. While the reader keeps up, records cost no disk: a file whose records are
/// acknowledged is removed at once, which is before the kernel writes its pages. So nothing is synced unless `sync` is called.
///
/// One thread appends. Reading, acknowledging and syncing may happen on others meanwhile.
package final class DiskQueue: Sendable {
    package typealias Record = (number: UInt64, record: ByteBuffer)

    /// Records that no queue takes.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The stream of a queue is one epoch of its spool.
    private static let epoch: UInt64 = 1
    private static let epochID = ""

    private struct State {
        /// Numbers of records that are on the disk no more, or not as they were.
        var holes = LostNumbers()
        var next: UInt64
        /// Records that were dropped, and have to be handed over when no lock is held.
        var gone: [Record] = []
    }

    private let store: SpoolStore
    private let stream: SpoolStream
    private let state: SharedState
    private let dropped: @Sendable ([Record]) -> Void
    private let notice: @Sendable (SpoolNotice) -> Void
    private let path: String

    /// A reference, since the store's closures need it before there is a queue.
    private final class SharedState: Sendable {
        let value = Mutex(State(next: 1))
    }

    /// Opens the directory `name` in `directory`, or makes it, and recovers what an earlier process left there: torn ends are cut, and damaged records
    /// are lost and counted.
    ///
    /// - Parameters:
    ///   - quota: the most bytes that its segments may take on the disk.
    ///   - segmentBytes: the size of a segment, which is what is dropped when the queue is full: at most a quarter of the quota.
    ///   - dropped: is given the records that had to make room, in order, by the thread that appends. Some may have been read, but none was acknowledged.
    ///   - notice: is told what is damaged, lost or dropped. It must not call the queue.
    /// - Throws: `DiskError`, `SyncFailure`.
    package init(
        in directory: borrowing Descriptor, name: String, quota: UInt64, segmentBytes: Int = 4 << 20,
        dropped: @escaping @Sendable ([Record]) -> Void, notice: @escaping @Sendable (SpoolNotice) -> Void
    ) throws {
        if !directory.holds(name) { try directory.makeDirectory(name) }
        let own = try directory.directory(name)
        path = own.path
        var cursor = try SpoolCursor(in: own)
        if let position = cursor.position, position.epoch != Self.epoch {
            // No queue wrote that.
            try cursor.move(to: StreamPosition(epoch: Self.epoch, seq: 0), syncing: false)
        }
        let recovery = try SpoolRecovery(in: own, cursor: cursor.position, isQueue: true, notice: notice)
        let acknowledged = cursor.position?.seq ?? 0
        let state = SharedState()
        let policy = SpoolPolicy(
            quota: quota, segmentBytes: min(segmentBytes, Int(clamping: quota / 4)), isQueue: true,
            replace: { SpoolReplacement(frames: [], dropped: UInt64($0.frames.count)) },
            gone: { frames in
                state.value.withLock { state in
                    let kept = RangeSet(frames.frames.map { $0.firstSeq..<$0.seq + 1 })
                    state.holes.insert(RangeSet(frames.seqs.lowerBound..<frames.seqs.upperBound + 1).subtracting(kept))
                    for (_, seq, frame) in frames.frames { state.gone.append((seq, Self.record(frame))) }
                }
            }, notice: notice)
        state.value.withLock { state in
            state.next = max(acknowledged, recovery.segments.last?.lastSeq ?? 0).saturatingAdding(1)
            for (one, following) in zip(recovery.streams, recovery.streams.dropFirst()) {
                state.holes.insert(RangeSet(one.bounds.upperBound..<following.bounds.lowerBound))
            }
        }
        self.state = state
        self.dropped = dropped
        self.notice = notice
        store = SpoolStore(directory: own, cursor: cursor, segments: recovery.segments, policy: policy)
        stream = SpoolStream(epoch: Self.epoch, epochID: Self.epochID, store: store)
    }

    // MARK: What is in it

    /// The number of the oldest record that waits.
    package var first: UInt64? { stream.range?.lowerBound }

    /// The number that the next record gets.
    package var next: UInt64 { state.value.withLock { $0.next } }

    /// Bytes of records that wait, accurate to some 32 KiB.
    package var bytes: UInt64 { store.book.withLock { $0.bytes } }

    /// How many records were lost by damage, as far as that is known: nobody knows how many a torn end had.
    package var lost: UInt64 { state.value.withLock { $0.holes.count } }

    // MARK: What is done with it

    /// Appends records with one write: all are in the queue, or none. When the queue is full, its oldest segment is dropped.
    ///
    /// - Throws: `DiskError`, such as that of a full disk; appending works again when there is room. `Failure` for more than the queue ever takes.
    package func append(_ records: [ByteBuffer]) throws {
        guard !records.isEmpty else { return }
        let next = self.next
        let size = records.reduce(SegmentHeader.bytes) { $0 + SpoolRecord.size(ofFrame: Frame.headerBytes + $1.readableBytes) }
        guard UInt64(size) <= min(store.policy.quota, SpoolRecovery.sizeLimit) else {
            throw Failure(
                description:
                    "\(path) takes no \(size) bytes at once: append fewer records, or let the queue have more than \(store.policy.quota) bytes"
            )
        }
        guard next < .max - UInt64(records.count) else {
            throw Failure(description: "\(path) has no more numbers: remove it, and begin anew")
        }
        defer { handOver() }
        let frames: [(seq: UInt64, frame: ByteBuffer)] = records.enumerated().map { (next + UInt64($0.offset), Self.frame($0.element)) }
        try store.append(together: frames, epoch: Self.epoch, epochID: Self.epochID)
        state.value.withLock { $0.next = next + UInt64(records.count) }
    }

    /// Reads about `limit` bytes of records, but at least one when there is any with this number or behind it. Damaged ones are passed over and counted.
    ///
    /// - Throws: `DiskError`.
    package func read(from position: UInt64, limit: Int) throws -> [Record] {
        var position = position
        while true {
            do {
                return try stream.read(from: position, limit: limit).map { ($0.seq, Self.record($0.frame)) }
            } catch let damage as SpoolDamage {
                position = try pass(over: damage.lost)
            }
        }
    }

    /// Everything up to this number is done with: it is never read again, not even after the process was killed. Files without other records are removed.
    ///
    /// - Throws: `DiskError`. What could not be removed is removed at a later acknowledgement.
    package func acknowledge(through number: UInt64) throws {
        let number = min(number, next - 1)
        guard number > 0 else { return }
        try stream.acknowledge(through: number)
    }

    /// Waits until all that was appended, and acknowledged, is on the disk.
    ///
    /// - Throws: `SyncFailure`. It is never retried.
    package func sync() throws { try store.sync() }

    static func owns(_ segment: SegmentHeader) -> Bool { segment.epoch == epoch && segment.epochID == epochID && !segment.isGaps }

    // MARK: Damage and drops

    /// - Returns: the number to go on from.
    private func pass(over numbers: ClosedRange<UInt64>) throws -> UInt64 {
        let behind = numbers.upperBound.saturatingAdding(1)
        // What was dropped or acknowledged since is no damage.
        guard let waiting = stream.range, waiting.lowerBound < behind else { return behind }
        let lost = max(numbers.lowerBound, waiting.lowerBound)...numbers.upperBound
        if state.value.withLock({ $0.holes.insert(RangeSet(lost.lowerBound..<behind)) }) { notice(.lost(lost)) }
        // Nobody can acknowledge what nobody can read.
        if lost.lowerBound == waiting.lowerBound { try acknowledge(through: numbers.upperBound) }
        return behind
    }

    private func handOver() {
        let gone = state.value.withLock { state in
            defer { state.gone = [] }
            return state.gone
        }
        if !gone.isEmpty { dropped(gone) }
    }

    // MARK: Records as frames

    private static func frame(_ record: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(Frame.headerBytes + record.readableBytes)
        frame.writeInteger(UInt32(record.readableBytes))
        frame.writeImmutableBuffer(record)
        return frame
    }

    private static func record(_ frame: ByteBuffer) -> ByteBuffer {
        var record = frame
        record.moveReaderIndex(forwardBy: Frame.headerBytes)
        return record
    }
}
