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
    private var buffer = ByteBuffer()
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

    /// Writes the frames that wait.
    ///
    /// - Returns: them, and where they end.
    /// - Throws: `DiskError`; a part of them may be in the file then.
    mutating func flush() throws(DiskError) -> WrittenFrames {
        try file.descriptor.write(buffer, at: UInt64(end))
        end += buffer.readableBytes
        buffer.clear()
        let written = WrittenFrames(frames: pending, end: end)
        pending = []
        return written
    }
}

/// Frames that were appended to a segment.
struct WrittenFrames {
    let frames: [(seq: UInt64, offset: Int)]
    let end: Int

    /// Updates the segment's entry in the book.
    func note(in segment: inout SpoolSegment) {
        for (seq, offset) in frames {
            segment.index.add(firstSeq: seq, offset: offset)
            segment.lastSeq = seq
        }
        segment.end = end
    }
}
