import NIOCore
import StatsCore

/// A segment that is open, for as long as somebody writes or syncs it.
final class SegmentFile: Sendable {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

extension Descriptor {
    /// These bytes of the file, or as many of them as there are.
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

    /// Writes what is readable in the buffer at an offset.
    borrowing func write(_ buffer: ByteBuffer, at offset: UInt64) throws(DiskError) {
        try write(buffer.readableBytesSpan, at: offset)
    }
}
