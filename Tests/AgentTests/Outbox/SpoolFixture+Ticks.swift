import NIOCore
import StatsCore
import TestSupport

@testable import Agent

/// Frames of an agent: ticks, and the gaps that stand for those that are dropped.
extension SpoolFixture {
    func open(quota: UInt64 = 256 << 20, segmentBytes: Int = 4096) throws -> Spool {
        try open(quota: quota, segmentBytes: segmentBytes, replace: GapFolder.replace)
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
