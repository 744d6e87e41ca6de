import NIOCore

/// Splits the engine's stream of events into lines, each of them one JSON object.
struct EngineLines {
    /// The longest accepted line, in bytes. An event carries the container's labels, and some images have a bill of materials in theirs.
    static let limit = 4 << 20

    private var rest = ByteBuffer()
    /// How many bytes at the begin of `rest` hold no newline.
    private var searched = 0
    /// Whether the current line is longer than the limit: the rest of it is dropped.
    private var isSkipping = false
    /// How many lines were dropped since the last call of `takeSkipped`.
    private var skipped = 0

    /// Adds bytes and returns the lines that are now complete, without their newlines. A line that is too long is dropped without affecting the others.
    mutating func append(_ bytes: ByteBuffer) -> [ByteBuffer] {
        rest.writeImmutableBuffer(bytes)
        var lines: [ByteBuffer] = []
        while let end = rest.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
            let length = end - rest.readerIndex
            searched = 0
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
        searched = rest.readableBytes
        return lines
    }

    /// How many lines were dropped since the last call.
    mutating func takeSkipped() -> Int {
        defer { skipped = 0 }
        return skipped
    }
}
