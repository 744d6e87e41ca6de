import Foundation
import NIOCore
import TestSupport

@testable import StatsCore

/// A directory with a spool, and frames whose content follows from their numbers.
final class SpoolFixture: SpoolFiles {
    let directory: String
    private let scratch: ScratchDirectory
    let epochID = "0b1e5f5c-8d3b-4d0e-9c53-5a0f2d6f7c11"

    init() throws {
        // These tests sync thousands of times.
        scratch = try ScratchDirectory(inMemory: true)
        directory = scratch.path
        try scratch.makeDirectory("spool")
    }

    func open(quota: UInt64 = 256 << 20, segmentBytes: Int = 4096) throws -> Spool {
        try Spool(
            in: try Descriptor.directory(directory), quota: quota, segmentBytes: segmentBytes, replace: Self.replace, notice: { _ in })
    }

    // MARK: Frames

    static func frame(_ payload: String) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(payload.utf8.count))
        frame.writeString(payload)
        return frame
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

extension SpoolStream {
    /// All unacknowledged frames of the stream, read in batches of limited size.
    func all(limit: Int = 1000) throws -> [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)] {
        var frames: [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)] = []
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

    func seqs() throws -> [UInt64] { try all().map(\.seq) }
}
