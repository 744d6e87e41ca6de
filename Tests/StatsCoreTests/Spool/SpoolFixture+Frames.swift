import NIOCore
import StatsCore
import TestSupport

/// Frames that say nothing.
extension SpoolFixture {
    func open(quota: UInt64 = 256 << 20, segmentBytes: Int = 4096) throws -> Spool {
        try open(quota: quota, segmentBytes: segmentBytes, replace: Self.replace)
    }

    static func frame(_ seq: UInt64, padding: Int = 200) -> ByteBuffer {
        frame("frame \(seq) " + String(repeating: "x", count: padding))
    }

    static func frames(_ seqs: ClosedRange<UInt64>, padding: Int = 200) -> [(seq: UInt64, frame: ByteBuffer)] {
        seqs.map { ($0, frame($0, padding: padding)) }
    }

    /// One frame stands for all that are dropped.
    private static func replace(_ dropped: DroppedFrames) -> SpoolReplacement {
        let one = (dropped.seqs.lowerBound, dropped.seqs.upperBound, frame("gap"))
        return SpoolReplacement(frames: [one], dropped: UInt64(dropped.frames.count))
    }
}
