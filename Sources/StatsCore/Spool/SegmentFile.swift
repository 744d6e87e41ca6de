import NIOCore

/// An open segment, for as long as it is written or synced.
final class SegmentFile: Sendable {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

extension Descriptor {
    /// These bytes of the file; fewer when the file is shorter.
    borrowing func buffer(_ range: Range<UInt64>) throws(DiskError) -> ByteBuffer {
        var buffer = ByteBuffer()
        var failure: DiskError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { room in
            do throws(DiskError) {
                return try read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<range.count]), at: range.lowerBound)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return buffer
    }

    /// Writes the buffer's readable bytes at an offset.
    borrowing func write(_ buffer: ByteBuffer, at offset: UInt64) throws(DiskError) {
        try write(buffer.readableBytesSpan, at: offset)
    }
}
