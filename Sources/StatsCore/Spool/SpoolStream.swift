import NIOCore
import Synchronization

/// A contiguous range of frames of one epoch on disk.
package final class SpoolStream: Sendable {
    package let epoch: UInt64
    package let epochID: String
    /// The range of an earlier epoch's frames; nil for the current epoch, which grows.
    private let bounds: Range<UInt64>?
    private let store: SpoolStore

    init(epoch: UInt64, epochID: String, bounds: Range<UInt64>? = nil, store: SpoolStore) {
        self.epoch = epoch
        self.epochID = epochID
        self.bounds = bounds
        self.store = store
    }

    /// The unacknowledged frames on disk: first and one-past-last seq; nil when there are none.
    package var range: Range<UInt64>? {
        store.book.withLock { book in
            guard let all = bounds ?? book.bounds(of: epoch, epochID), let first = book.firstUnacknowledged(of: epoch),
                first < all.upperBound
            else { return nil }
            return max(first, all.lowerBound)..<all.upperBound
        }
    }

    /// Appends frames. They follow the last appended frame without a hole, unless all earlier frames are acknowledged. Frames that are on disk or
    /// acknowledged already are skipped. Each frame has its 4-byte length in front, as on the wire. Called from one thread.
    ///
    /// - Throws: `DiskError`: frames without room aren't in `range`, and the caller tries again later. `SyncFailure`.
    package func append(_ frames: [(seq: UInt64, frame: ByteBuffer)]) throws {
        try store.append(frames, epoch: epoch, epochID: epochID)
    }

    /// Waits until everything that was appended since the last sync is on the disk.
    ///
    /// - Throws: `SyncFailure`. It is never retried: that segment gets no more frames, and the next append begins another.
    package func sync() throws { try store.sync() }

    /// Reads about `limit` bytes of frames, but at least one, beginning with the frame that covers `seq`; each has its length in front.
    /// What replaced others may cover several numbers. May be called while others append, acknowledge or drop.
    ///
    /// - Throws: `DiskError`; `SpoolDamage` when the frame of `seq` can't be read. It is thrown again at every try, until the caller has
    ///   acknowledged the frame and reads from the next one.
    package func read(from seq: UInt64, limit: Int) throws -> [SpooledFrame] {
        guard let range, seq < range.upperBound else { return [] }
        return try store.read(max(seq, range.lowerBound)..<range.upperBound, epoch: epoch, epochID: epochID, limit: limit)
    }

    /// Everything up to `seq` is on the collector's disk: makes the cursor durable, then deletes the segments that it covers completely,
    /// except the one that is being written. Without such segments it does no I/O.
    ///
    /// - Throws: `DiskError`, `SyncFailure`; what could not be deleted is deleted at a later acknowledgement.
    package func acknowledge(through seq: UInt64) throws {
        // An acknowledgement below this stream's frames is about another range of the same epoch, which may still be to deliver.
        guard seq >= bounds?.lowerBound ?? 0 else { return }
        try store.acknowledge(StreamPosition(epoch: epoch, seq: seq))
    }

    /// The whole stream was acknowledged: makes the cursor durable and deletes its files.
    ///
    /// - Throws: `DiskError`, `SyncFailure`.
    package func finish() throws {
        let last = (bounds ?? store.book.withLock { $0.bounds(of: epoch, epochID) })?.last
        try store.finish(last.map { StreamPosition(epoch: epoch, seq: $0) })
    }
}

/// A frame on disk that can't be read: its checksum is wrong, or the disk reports an error.
package struct SpoolDamage: Error, Equatable, CustomStringConvertible {
    package let epoch: UInt64
    package let lost: ClosedRange<UInt64>

    package var description: String { "the spool's frames \(lost.lowerBound) to \(lost.upperBound) of epoch \(epoch) are damaged" }
}
