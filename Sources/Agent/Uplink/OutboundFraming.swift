import NIOCore
import StatsCore

extension NIOAsyncChannelOutboundWriter<ByteBuffer> {
    func write(framing message: some WireMessage) async throws { try await write(framing: message.encoded()) }

    /// - Parameter encoded: the JSON of one frame.
    func write(framing encoded: [UInt8]) async throws {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Frame.headerBytes + encoded.count)
        buffer.writeInteger(UInt32(encoded.count))
        buffer.writeBytes(encoded)
        try await write(buffer)
    }
}
