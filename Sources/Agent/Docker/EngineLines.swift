import NIOCore

/// Cuts the engine's events, one JSON object a line, out of bytes that come in any pieces.
struct EngineLines {
    /// An event carries the container's labels; more than this is none.
    static let limit = 1 << 20

    private var rest = ByteBuffer()

    /// Adds bytes and gives the lines that are whole now, without their newline; `nil` when a line is too long.
    mutating func append(_ bytes: ByteBuffer) -> [ByteBuffer]? {
        rest.writeImmutableBuffer(bytes)
        var lines: [ByteBuffer] = []
        while let length = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - rest.readerIndex }) {
            if let line = rest.readSlice(length: length), length > 0 { lines.append(line) }
            rest.moveReaderIndex(forwardBy: 1)
        }
        rest.discardReadBytes()
        return rest.readableBytes > Self.limit ? nil : lines
    }
}
