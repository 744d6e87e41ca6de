import Logging
import StatsCore
import Synchronization

/// The spool directory `<state>/spool`: frames that wait for the collector, in files that survive the agent.
///
///     <epoch>-<first seq>.segment   a header (`SegmentHeader`) and frames (`SpoolRecord`), preallocated
///     cursor                        up to where the collector has everything (`SpoolCursor`)
///
/// Nothing is deleted that isn't acknowledged. What the quota leaves no room for is replaced, oldest first, by `gap` frames.
final class Spool: Sendable {
    static let directoryName = "spool"

    /// What earlier lives left: one per contiguous range of frames, in order of (epoch, seq). Damage in the middle of a segment
    /// costs only the damaged frame, and splits its range in two.
    let recovered: [SpoolStream]
    /// The newest epoch that left a trace here. One that begins must be above it, whatever a restored state directory says.
    let newestEpoch: UInt64?
    private let store: SpoolStore

    /// Opens it, made when absent; recovers what is there, cuts torn tails and removes what the durable cursor covers.
    ///
    /// - Parameters:
    ///   - quota: how many bytes the segments may take on the disk: at least a few segments.
    ///   - segmentBytes: the size of a segment; a frame that is larger gets one of its own size.
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

    /// A stream for the epoch that begins now; it makes its first file with its first frame.
    ///
    /// - Parameters:
    ///   - epoch: above `newestEpoch`.
    ///   - epochID: at most 84 bytes of UTF-8.
    func begin(epoch: UInt64, epochID: String) -> SpoolStream {
        precondition(newestEpoch.map { epoch > $0 } ?? true, "an epoch begins only once")
        precondition(epochID.utf8.count <= SegmentHeader.longestID, "an epoch's id has at most \(SegmentHeader.longestID) bytes")
        return SpoolStream(epoch: epoch, epochID: epochID, store: store)
    }

    /// Bytes of frames (all streams) that aren't acknowledged yet, to within some 32 KiB.
    var bytes: UInt64 { store.book.withLock { $0.bytes } }

    /// Frames that were replaced by a gap since the start.
    var dropped: UInt64 { store.book.withLock { $0.dropped } }
}
