import NIOCore
import StatsCore

/// A directory with a spool, and frames whose content follows from their numbers.
package final class SpoolFixture: SpoolFiles {
    package let directory: String
    private let scratch: ScratchDirectory
    package let epochID = "0b1e5f5c-8d3b-4d0e-9c53-5a0f2d6f7c11"

    package init() throws {
        // Its tests sync thousands of times.
        scratch = try ScratchDirectory(inMemory: true)
        directory = scratch.path
        try scratch.makeDirectory("spool")
    }

    /// - Parameter replace: what stands for frames that are dropped.
    package func open(
        quota: UInt64, segmentBytes: Int, replace: @escaping @Sendable (DroppedFrames) throws -> SpoolReplacement
    ) throws -> Spool {
        try Spool(in: try Descriptor.directory(directory), quota: quota, segmentBytes: segmentBytes, replace: replace, notice: { _ in })
    }

    package static func frame(_ payload: String) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(payload.utf8.count))
        frame.writeString(payload)
        return frame
    }
}

extension SpoolStream {
    /// All unacknowledged frames of the stream, read in batches of limited size.
    package func all(limit: Int = 1000) throws -> [SpooledFrame] {
        var frames: [SpooledFrame] = []
        guard let range else { return [] }
        var next = range.lowerBound
        while next < range.upperBound {
            let more = try read(from: next, limit: limit)
            guard let last = more.last else { break }
            frames += more
            next = last.seq + 1
        }
        return frames
    }

    package func seqs() throws -> [UInt64] { try all().map(\.seq) }
}
