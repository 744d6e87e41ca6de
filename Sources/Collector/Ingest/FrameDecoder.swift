import NIOCore
import StatsCore

/// Cuts a stream of bytes into frames. The length is checked as soon as its four bytes are there, before any room is made for
/// what it announces.
///
/// A frame that came in one piece is a slice of what was read. A longer one is gathered in room of its own, made once and of
/// its size, so that each byte is copied once however many reads it takes, and a frame that is kept keeps nothing else.
struct FrameDecoder {
    /// The largest frame at present: small until the handshake is done.
    var limit = Frame.handshakeLimit
    /// How many bytes the frame under way has, once its header was read.
    private(set) var announced: Int?
    /// The part of the frame under way that earlier reads brought.
    private var gathered = ByteBuffer()
    /// What came last and belongs to no frame yet.
    private var rest = ByteBuffer()

    /// Whether a frame has begun that is not complete.
    var isPartial: Bool { announced != nil || rest.readableBytes > 0 }

    mutating func append(_ bytes: ByteBuffer) {
        if rest.readableBytes == 0 {
            rest = bytes
        } else {
            // At most a part of a header, unless nobody has asked for the frames that were there.
            var bytes = bytes
            var joined = ByteBuffer()
            joined.reserveCapacity(rest.readableBytes + bytes.readableBytes)
            joined.writeBuffer(&rest)
            joined.writeBuffer(&bytes)
            rest = joined
        }
    }

    /// Reads the header of the next frame, once it is there.
    /// - Returns: its length, only when it was read by this call.
    mutating func readHeader() throws(FrameError) -> Int? {
        guard announced == nil, let header = rest.readInteger(as: UInt32.self) else { return nil }
        announced = try Frame.length(header: header, limit: limit)
        return announced
    }

    /// The frame whose header was read, once all of it is there.
    mutating func readFrame() -> ByteBuffer? {
        guard let length = announced else { return nil }
        if gathered.readableBytes == 0, let frame = rest.readSlice(length: length) {
            return finish(frame)
        }
        if gathered.readableBytes == 0 {
            gathered = ByteBuffer()
            gathered.reserveCapacity(length)
        }
        if var part = rest.readSlice(length: min(length - gathered.readableBytes, rest.readableBytes)) { gathered.writeBuffer(&part) }
        return gathered.readableBytes == length ? finish(gathered) : nil
    }

    private mutating func finish(_ frame: ByteBuffer) -> ByteBuffer {
        announced = nil
        gathered = ByteBuffer()
        if rest.readableBytes == 0 { rest = ByteBuffer() }
        return frame
    }
}
