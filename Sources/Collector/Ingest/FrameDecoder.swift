import NIOCore
import StatsCore

/// Cuts a stream of bytes into frames. The length is checked as soon as its four bytes are there, before any room is made for
/// what it announces.
struct FrameDecoder {
    /// The largest frame at present: small until the handshake is done.
    var limit = Frame.handshakeLimit
    /// How many bytes the frame under way has, once its header was read.
    private(set) var announced: Int?
    private var buffer = ByteBuffer()

    /// Whether a frame has begun that is not complete.
    var isPartial: Bool { announced != nil || buffer.readableBytes > 0 }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.writeBuffer(&bytes)
        }
    }

    /// Reads the header of the next frame, once it is there.
    /// - Returns: its length, only when it was read by this call.
    mutating func readHeader() throws(FrameError) -> Int? {
        guard announced == nil, let header = buffer.readInteger(as: UInt32.self) else { return nil }
        announced = try Frame.length(header: header, limit: limit)
        return announced
    }

    /// The frame whose header was read, once all of it is there.
    mutating func readFrame() -> ByteBuffer? {
        guard let length = announced, let frame = buffer.readSlice(length: length) else { return nil }
        announced = nil
        // A frame that is kept must not keep the bytes behind it, nor make the next ones be copied.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return frame
    }
}
