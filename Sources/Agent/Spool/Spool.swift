import Logging
import StatsCore
import Synchronization

/// The spool directory `<state>/spool`: frames that wait for the collector, in files that survive the agent.
///
///     <epoch>-<first seq>.segment   a header (`SegmentHeader`) and frames (`SpoolRecord`), preallocated
///     cursor                        the last frame that the collector has (`SpoolCursor`)
///
/// A frame is deleted only after its acknowledgement. When the quota is reached, the oldest frames are replaced by `gap` frames.
final class Spool: Sendable {
    static let directoryName = "spool"

    /// The frames of earlier epochs: one stream per contiguous range, in order of (epoch, seq). A damaged frame in the middle of a segment
    /// is lost, and splits its range in two.
    let recovered: [SpoolStream]
    /// The newest epoch in the spool. A new epoch must be above it, whatever the state directory says, which may have been restored from a backup.
    let newestEpoch: UInt64?
    private let store: SpoolStore

    /// Opens the directory (it makes one if there is none), recovers its frames, cuts torn tails and deletes what the durable cursor covers.
    ///
    /// - Parameters:
    ///   - quota: the most bytes that the segments may take on the disk: at least a few segments.
    ///   - segmentBytes: the size of a segment; a larger frame gets a segment of its own.
    /// - Throws: `DiskError`, `SyncFailure`.
    init(in state: borrowing Descriptor, quota: UInt64 = 256 << 20, segmentBytes: Int = 4 << 20, logger: Logger) throws {
        if !state.holds(Self.directoryName) {
            try state.makeDirectory(Self.directoryName)
            try state.sync()
        }
        let directory = try state.directory(Self.directoryName)
        let cursor = try SpoolCursor(in: directory)
        let recovery = try SpoolRecovery(in: directory, cursor: cursor.position, logger: logger)
        newestEpoch = [recovery.segments.last?.header.epoch, cursor.position?.epoch].compactMap(\.self).max()
        let store = SpoolStore(
            directory: directory, cursor: cursor, segments: recovery.segments, quota: quota, segmentBytes: segmentBytes, logger: logger)
        self.store = store
        recovered = recovery.streams.map { SpoolStream(epoch: $0.epoch, epochID: $0.epochID, bounds: $0.bounds, store: store) }
    }

    /// A stream for a new epoch; its first file is made with its first frame.
    ///
    /// - Parameters:
    ///   - epoch: above `newestEpoch`.
    ///   - epochID: at most 84 bytes of UTF-8.
    func begin(epoch: UInt64, epochID: String) -> SpoolStream {
        precondition(newestEpoch.map { epoch > $0 } ?? true, "an epoch begins only once")
        precondition(epochID.utf8.count <= SegmentHeader.longestID, "an epoch's id has at most \(SegmentHeader.longestID) bytes")
        return SpoolStream(epoch: epoch, epochID: epochID, store: store)
    }

    /// Bytes of frames (all streams) that aren't acknowledged yet, accurate to some 32 KiB.
    var bytes: UInt64 { store.book.withLock { $0.bytes } }

    /// Frames that were replaced by a gap since the start.
    var dropped: UInt64 { store.book.withLock { $0.dropped } }
}
