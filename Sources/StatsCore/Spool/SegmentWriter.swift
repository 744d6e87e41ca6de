import NIOCore

/// The segment that frames are appended to, with the frames that haven't been written yet.
struct SegmentWriter {
    let name: String
    let epoch: UInt64
    let file: SegmentFile
    /// The offset after the last written record.
    private(set) var end: Int
    /// The preallocated size of the file.
    let size: Int
    private(set) var buffer = ByteBuffer()
    private(set) var pending: [(seq: UInt64, offset: Int)] = []

    init(name: String, epoch: UInt64, file: SegmentFile, end: Int, size: Int) {
        self.name = name
        self.epoch = epoch
        self.file = file
        self.end = end
        self.size = size
    }

    func hasRoom(for bytes: Int, epoch: UInt64) -> Bool { epoch == self.epoch && end + buffer.readableBytes + bytes <= size }

    mutating func add(seq: UInt64, frame: ByteBuffer) {
        pending.append((seq, end + buffer.readableBytes))
        SpoolRecord.write(firstSeq: seq, seq: seq, frame: frame, to: &buffer)
    }

    /// Updates the segment's entry in the book with what was written.
    func note(in segment: inout SpoolSegment) {
        for (seq, offset) in pending {
            segment.index.add(firstSeq: seq, offset: offset)
            segment.lastSeq = seq
        }
        segment.end = end + buffer.readableBytes
    }

    mutating func flushed() {
        end += buffer.readableBytes
        buffer.clear()
        pending.removeAll(keepingCapacity: true)
    }
}
