import NIOCore
import StatsCore

/// Replaces frames that the spool has to drop by as few `gap` frames as possible: which ticks of which run, under which numbers.
struct GapFolder {
    private struct Entry {
        var gap: Gap?
        var firstSeq: UInt64
        var seq: UInt64
        /// A frame that is neither a tick nor a gap is kept as it is.
        var frame: ByteBuffer?
    }

    private let epoch: UInt64
    private var entries: [Entry] = []
    /// Ticks that became part of a gap.
    private var dropped: UInt64 = 0

    private init(epoch: UInt64) { self.epoch = epoch }

    /// Adds the next frame, with its length in front.
    private mutating func add(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer) {
        let payload = frame.readableBytesSpan.extracting(Frame.headerBytes...)
        var gap: Gap?
        switch (try? FrameEnvelope(payload))?.type {
        case "tick":
            guard let header = (try? TickFrame(payload))?.header else { break }
            gap = Gap(run: header.run, epoch: epoch, seq: seq, firstSeq: firstSeq, from: header.tick, to: header.tick, reason: .spoolFull)
            dropped += 1
        case Gap.type: gap = try? Gap(decoding: payload)
        default: break
        }
        let entry = Entry(gap: gap, firstSeq: firstSeq, seq: seq, frame: gap == nil ? frame : nil)
        if !Self.merge(entry, into: &entries, anyReason: false) { entries.append(entry) }
    }

    /// Merges two entries into one if both their numbers and their ticks are adjacent.
    private static func merge(_ entry: Entry, into entries: inout [Entry], anyReason: Bool) -> Bool {
        guard let last = entries.last, last.seq + 1 == entry.firstSeq, var gap = last.gap, let more = entry.gap, gap.run == more.run,
            gap.to < .max, gap.to + 1 == more.from, anyReason || gap.reason == more.reason
        else { return false }
        if gap.reason != more.reason { gap.reason = .spoolFull }
        gap.to = more.to
        entries[entries.count - 1] = Entry(gap: gap, firstSeq: last.firstSeq, seq: entry.seq)
        return true
    }

    /// What stands for the frames: gaps, and each frame that is none and no tick. If they take more than the room that they may have, gaps with different
    /// reasons are merged, too, with the reason `spool_full`.
    static func replace(_ frames: DroppedFrames) throws -> SpoolReplacement {
        var folder = GapFolder(epoch: frames.epoch)
        for (firstSeq, seq, frame) in frames.frames { folder.add(firstSeq: firstSeq, seq: seq, frame: frame) }
        let whole = try folder.replacement(folder.entries)
        guard whole.bytes > frames.room else { return whole }
        var fewer: [Entry] = []
        for entry in folder.entries where !merge(entry, into: &fewer, anyReason: true) { fewer.append(entry) }
        return try folder.replacement(fewer)
    }

    private func replacement(_ entries: [Entry]) throws -> SpoolReplacement {
        SpoolReplacement(frames: try entries.map { ($0.firstSeq, $0.seq, try frame(of: $0)) }, dropped: dropped)
    }

    private func frame(of entry: Entry) throws -> ByteBuffer {
        if let frame = entry.frame { return frame }
        guard var gap = entry.gap else { return ByteBuffer() }
        gap.seq = entry.seq
        // A gap of one frame keeps what it says: whether it was one from the start, or stands for a tick that had this number.
        if entry.firstSeq < entry.seq { gap.firstSeq = entry.firstSeq }
        let encoded = try gap.encoded()
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(encoded.count))
        frame.writeBytes(encoded)
        return frame
    }
}
