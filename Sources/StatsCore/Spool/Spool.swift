import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The spool directory `<state>/spool`: frames that wait for the collector, in files that survive the agent.
///
///     <epoch>-<first seq>.segment   a header (`SegmentHeader`) and frames (`SpoolRecord`), preallocated
///     cursor                        the last frame that the collector has (`SpoolCursor`)
///
/// A frame is deleted only after its acknowledgement. When the quota is reached, the oldest frames are replaced by
/// fewer that tell of them.
package final class Spool: Sendable {
    package static let directoryName = "spool"

    /// The frames of earlier epochs: one stream per contiguous range, in order of (epoch, seq). A damaged frame in the middle of a segment
    /// is lost, and splits its range in two.
    package let recovered: [SpoolStream]
    /// The newest epoch in the spool. A new epoch must be above it, whatever the state directory says, which may have been restored from a backup.
    package let newestEpoch: UInt64?
    private let store: SpoolStore

    /// Opens the directory (it makes one if there is none), recovers its frames, cuts torn tails and deletes what the durable cursor covers.
    ///
    /// - Parameters:
    ///   - quota: the most bytes that the segments may take on the disk: at least a few segments.
    ///   - segmentBytes: the size of a segment; a larger frame gets a segment of its own.
    ///   - replace: what is to stand for frames that have to make room. When it throws, they stay, and so does what needed their room.
    ///   - notice: is told what is damaged, and what was dropped. Neither closure may call the spool.
    /// - Throws: `DiskError`, `SyncFailure`.
    package init(
        in state: borrowing Descriptor, quota: UInt64 = 256 << 20, segmentBytes: Int = 4 << 20,
        replace: @escaping @Sendable (DroppedFrames) throws -> SpoolReplacement, notice: @escaping @Sendable (SpoolNotice) -> Void
    ) throws {
        if !state.holds(Self.directoryName) {
            try state.makeDirectory(Self.directoryName)
            try state.sync()
        }
        let directory = try state.directory(Self.directoryName)
        let cursor = try SpoolCursor(in: directory)
        let recovery = try SpoolRecovery(in: directory, cursor: cursor.position, notice: notice)
        newestEpoch = [recovery.segments.last?.header.epoch, cursor.position?.epoch].compactMap(\.self).max()
        let store = SpoolStore(
            directory: directory, cursor: cursor, segments: recovery.segments,
            policy: SpoolPolicy(quota: quota, segmentBytes: segmentBytes, replace: replace, notice: notice))
        self.store = store
        recovered = recovery.streams.map { SpoolStream(epoch: $0.epoch, epochID: $0.epochID, bounds: $0.bounds, store: store) }
    }

    /// Whether frames are in the spool of a state directory that nobody uses.
    package static func holdsFrames(in state: borrowing Descriptor) -> Bool {
        guard state.holds(directoryName), let directory = try? state.directory(directoryName) else { return false }
        return directory.names(of: Int(DT_REG)).contains { $0.hasSuffix(SegmentHeader.suffix) }
    }

    /// A stream for a new epoch; its first file is made with its first frame.
    ///
    /// - Parameters:
    ///   - epoch: above `newestEpoch`.
    ///   - epochID: at most 84 bytes of UTF-8.
    package func begin(epoch: UInt64, epochID: String) -> SpoolStream {
        precondition(newestEpoch.map { epoch > $0 } ?? true, "an epoch begins only once")
        precondition(epochID.utf8.count <= SegmentHeader.longestID, "an epoch's id has at most \(SegmentHeader.longestID) bytes")
        return SpoolStream(epoch: epoch, epochID: epochID, store: store)
    }

    /// Bytes of frames (all streams) that aren't acknowledged yet, accurate to some 32 KiB.
    package var bytes: UInt64 { store.book.withLock { $0.bytes } }

    /// Frames that were replaced by a gap since the start.
    package var dropped: UInt64 { store.book.withLock { $0.dropped } }
}
