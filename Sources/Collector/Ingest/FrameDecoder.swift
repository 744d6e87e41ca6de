import NIOCore
import StatsCore

/// Splits a stream of bytes into frames. It checks the length as soon as its four bytes are there, before it allocates
/// anything.
///
/// A frame that came in one read is a slice of that read's buffer. A longer one gets a buffer of exactly its size: each byte is then
/// copied only once, and a frame that is kept holds no other memory.
struct FrameDecoder {
    /// The largest accepted frame: small until the handshake is done.
    var limit = Frame.handshakeLimit
    /// The length of the frame under way, once its header was read.
    private(set) var announced: Int?
    /// The bytes of the frame under way from earlier reads.
    private var gathered = ByteBuffer()
    /// Bytes of the last read that belong to no frame yet.
    private var rest = ByteBuffer()

    /// How many bytes of the frame whose header was read are there.
    var arrived: Int { announced.map { min($0, gathered.readableBytes + rest.readableBytes) } ?? 0 }

    /// Whether there is an incomplete frame.
    var isPartial: Bool { announced != nil || rest.readableBytes > 0 }

    mutating func append(_ bytes: ByteBuffer) {
        if rest.readableBytes == 0 {
            rest = bytes
        } else {
            // `rest` is at most a part of a header, unless the caller hasn't taken all complete frames.
            var bytes = bytes
            var joined = ByteBuffer()
            joined.reserveCapacity(rest.readableBytes + bytes.readableBytes)
            joined.writeBuffer(&rest)
            joined.writeBuffer(&bytes)
            rest = joined
        }
    }

    /// Reads the header of the next frame, if it is there.
    /// - Returns: the length, if this call has read it.
    mutating func readHeader() throws(FrameError) -> Int? {
        guard announced == nil, let header = rest.readInteger(as: UInt32.self) else { return nil }
        announced = try Frame.length(header: header, limit: limit)
        return announced
    }

    /// The frame whose header was read, once it is complete.
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
