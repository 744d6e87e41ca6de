import NIOCore

/// One frame as it stands on the disk, with its 4-byte length in front. It may stand for several numbers.
package typealias SpooledFrame = (firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)

/// The unacknowledged frames of a segment that has to make room.
package struct DroppedFrames: Sendable {
    package let epoch: UInt64
    /// The numbers that they had. Those of damaged frames have none in `frames`.
    package let seqs: ClosedRange<UInt64>
    package let frames: [SpooledFrame]
    /// How many bytes may stand for them on the disk, see `SpoolReplacement.bytes`.
    package let room: Int
}

/// What stands on the disk for frames that were dropped.
package struct SpoolReplacement: Sendable {
    /// In order, within the numbers that the dropped ones had; may be empty.
    package let frames: [SpooledFrame]
    /// How many of the frames are gone.
    package let dropped: UInt64

    package init(frames: [SpooledFrame], dropped: UInt64) {
        self.frames = frames
        self.dropped = dropped
    }

    /// The size of a segment with these frames.
    package var bytes: Int { frames.reduce(SegmentHeader.bytes) { $0 + SpoolRecord.size(ofFrame: $1.frame.readableBytes) } }
}

/// How a store keeps its frames, and whom it tells of what becomes of them. The closures are called under its lock, and must not call it.
struct SpoolPolicy: Sendable {
    /// The most bytes that all segments may take on the disk.
    let quota: UInt64
    /// The size of a segment; what is larger gets a segment of its own.
    let segmentBytes: Int
    /// Whether it is a queue. A spool has its segments on the disk for good before they are needed, and its cursor before anything is removed. A queue
    /// leaves both to the kernel until `sync`, so that a segment whose records were soon acknowledged never comes to the disk; so the segment that is
    /// written is removed, too, as soon as all in it are acknowledged. Its cursor is written at each acknowledgement.
    var isQueue = false
    let replace: @Sendable (DroppedFrames) throws -> SpoolReplacement
    /// Is told of dropped frames when they are gone.
    var gone: @Sendable (DroppedFrames) -> Void = { _ in }
    let notice: @Sendable (SpoolNotice) -> Void
}
