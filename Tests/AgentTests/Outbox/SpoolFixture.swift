import Foundation
import NIOCore
import StatsCore
import TestSupport

@testable import Agent

/// A state directory with a spool, and frames whose content follows from their numbers.
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
            in: try Descriptor.directory(directory), quota: quota, segmentBytes: segmentBytes, replace: GapFolder.replace, notice: { _ in })
    }

    // MARK: Frames

    static func frame(_ payload: String) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(payload.utf8.count))
        frame.writeString(payload)
        return frame
    }

    static func tick(_ tick: UInt64, seq: UInt64, run: String = "r", epoch: UInt64 = 1, padding: Int = 0) -> ByteBuffer {
        let rows = String(repeating: "x", count: padding)
        return frame(
            #"{"type":"tick","run":"\#(run)","epoch":\#(epoch),"seq":\#(seq),"tick":\#(tick),"time":5,"rows":{"event":[["\#(rows)"]]}}"#)
    }

    static func gap(_ ticks: ClosedRange<UInt64>, seq: UInt64, run: String = "r", epoch: UInt64 = 1) throws -> ByteBuffer {
        let gap = Gap(run: run, epoch: epoch, seq: seq, from: ticks.lowerBound, to: ticks.upperBound, reason: .overrun)
        return frame(String(decoding: try gap.encoded(), as: UTF8.self))
    }

    /// Frames whose tick is their number.
    static func ticks(_ seqs: ClosedRange<UInt64>, epoch: UInt64 = 1, padding: Int = 200) -> [(seq: UInt64, frame: ByteBuffer)] {
        seqs.map { ($0, tick($0, seq: $0, epoch: epoch, padding: padding)) }
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
