import DequeModule
import NIOCore

/// The numbered frames of one epoch, from the first that the collector doesn't have to the last that there is, and which of them is sent next.
///
/// Frames are numbered without a hole. The oldest are on the disk, the youngest in memory:
///
///     1 … acknowledged | on the disk | in memory | nextSeq
struct FrameWindow {
    struct Entry {
        let seq: UInt64
        /// With its length in front, ready to be written.
        let frame: ByteBuffer
        /// On the monotonic clock, in nanoseconds.
        let born: UInt64
    }

    /// What became of the wish for the next frames.
    enum Taking: Equatable {
        /// There are more in memory than fitted.
        case isFull
        /// None is left to be sent.
        case isDone
        /// The next is on the disk. It has to be read there, and `noteSent` be given what `rewinds` was.
        case onDisk(from: UInt64, rewinds: UInt64)
    }

    /// The number of the next frame.
    private(set) var nextSeq: UInt64
    /// Everything up to this frame is on the collector's disk.
    private(set) var acknowledged: UInt64
    /// How many bytes are in memory.
    private(set) var bytes = 0
    /// The next frame to be sent on this connection.
    private var nextToSend: UInt64
    /// Tells one rewind from the next: whoever reads frames from the disk meanwhile must not undo it.
    private var rewinds: UInt64 = 0
    private var entries = Deque<Entry>()

    /// - Parameter kept: the numbers of the frames that are on the disk already.
    init(_ kept: Range<UInt64> = 1..<1) {
        nextSeq = kept.upperBound
        acknowledged = kept.lowerBound - 1
        nextToSend = kept.lowerBound
    }

    /// The oldest frame in memory.
    var oldest: Entry? { entries.first }
    /// How many frames are in memory.
    var count: Int { entries.count }
    /// How many frames aren't acknowledged.
    var unacknowledged: UInt64 { nextSeq - 1 - acknowledged }

    /// Adds a frame under `nextSeq`.
    /// - Parameter now: on the monotonic clock, in nanoseconds.
    mutating func append(_ frame: ByteBuffer, now: UInt64) {
        entries.append(Entry(seq: nextSeq, frame: frame, born: now))
        bytes += frame.readableBytes
        nextSeq += 1
    }

    // MARK: Sending

    /// Appends the next frames that are in memory to `batch`, which holds at most about `limit` bytes afterwards. They count as sent.
    mutating func take(into batch: inout [ByteBuffer], limit: Int) -> Taking {
        nextToSend = max(nextToSend, acknowledged + 1)
        let firstInMemory = entries.first?.seq ?? nextSeq
        guard nextToSend >= firstInMemory else { return .onDisk(from: nextToSend, rewinds: rewinds) }
        var size = 0
        var index = Int(nextToSend - firstInMemory)
        while index < entries.count, size < limit {
            let entry = entries[index]
            batch.append(entry.frame)
            size += entry.frame.readableBytes
            nextToSend = entry.seq + 1
            index += 1
        }
        return size < limit ? .isDone : .isFull
    }

    /// Notes that frames up to `seq` were read from the disk to be sent.
    /// - Returns: false when there was a rewind in between: what was read is not what is wanted any more.
    mutating func noteSent(through seq: UInt64, rewinds: UInt64) -> Bool {
        guard self.rewinds == rewinds else { return false }
        nextToSend = min(seq, nextSeq - 1) + 1
        return true
    }

    /// Sends again from `seq` on; never from beyond what there is, as a frame that is still to come would be skipped.
    mutating func rewind(to seq: UInt64) {
        nextToSend = min(seq, nextSeq)
        rewinds += 1
    }

    // MARK: Forgetting

    /// Everything up to `seq` is on the collector's disk; never more than there is, whatever the collector says.
    mutating func acknowledge(through seq: UInt64) {
        acknowledged = max(acknowledged, min(seq, nextSeq - 1))
        forget(through: acknowledged)
    }

    /// Gives up frames that can never be read again.
    /// - Returns: false while frames before them aren't acknowledged: those come first.
    mutating func giveUp(_ lost: ClosedRange<UInt64>) -> Bool {
        guard acknowledged + 1 >= lost.lowerBound else { return false }
        acknowledged = max(acknowledged, min(lost.upperBound, nextSeq - 1))
        return true
    }

    /// Everything up to `seq` can be read from the disk: memory needs it no more.
    mutating func forget(through seq: UInt64) {
        while let first = entries.first, first.seq <= seq {
            bytes -= first.frame.readableBytes
            entries.removeFirst()
        }
    }

    /// The oldest frames in memory, about `limit` bytes of them.
    func oldest(limit: Int) -> [(seq: UInt64, frame: ByteBuffer)] {
        var frames: [(seq: UInt64, frame: ByteBuffer)] = []
        var bytes = 0
        for entry in entries where bytes < limit {
            frames.append((entry.seq, entry.frame))
            bytes += entry.frame.readableBytes
        }
        return frames
    }
}
