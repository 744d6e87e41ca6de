import NIOCore

/// Cuts the engine's events, one JSON object a line, out of bytes that come in any pieces.
struct EngineLines {
    /// The longest line that is taken, in bytes. An event carries the container's labels, and some images have a bill of materials in theirs.
    static let limit = 4 << 20

    private var rest = ByteBuffer()
    /// Whether the line that is coming is longer than the limit: what is left of it is dropped.
    private var isSkipping = false
    /// How many lines were dropped since the last call of `takeSkipped`.
    private var skipped = 0

    /// Adds bytes and gives the lines that are whole now, without their newline. A line that is too long is dropped, so that it costs the others nothing.
    mutating func append(_ bytes: ByteBuffer) -> [ByteBuffer] {
        rest.writeImmutableBuffer(bytes)
        var lines: [ByteBuffer] = []
        while let length = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - rest.readerIndex }) {
            if isSkipping || length > Self.limit {
                if !isSkipping { skipped += 1 }
                isSkipping = false
                rest.moveReaderIndex(forwardBy: length)
            } else if let line = rest.readSlice(length: length), length > 0 {
                lines.append(line)
            }
            rest.moveReaderIndex(forwardBy: 1)
        }
        if rest.readableBytes > Self.limit, !isSkipping {
            isSkipping = true
            skipped += 1
        }
        if isSkipping { rest.clear() } else { rest.discardReadBytes() }
        return lines
    }

    /// How many lines were dropped since the last call.
    mutating func takeSkipped() -> Int {
        defer { skipped = 0 }
        return skipped
    }
}
