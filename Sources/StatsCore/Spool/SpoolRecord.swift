import NIOCore

/// One frame in a segment:
///
///     4   magic
///     4   CRC-32C of the 20 + n bytes behind it
///     8   first seq: below seq in a `gap` that stands for several frames
///     8   seq
///     4   n
///     n   payload
///         zeros up to a multiple of 8
///
/// All numbers are big-endian, so that the lines `n` and `payload` are the frame as it goes over the wire.
struct SpoolRecord: Equatable {
    let firstSeq: UInt64
    let seq: UInt64
    /// The range of the frame, its length included, in the bytes that were parsed.
    let frame: Range<Int>

    /// Not valid UTF-8, so a payload can't look like a record.
    private static let magic: UInt32 = 0xffc3_5370
    private static let frameOffset = 24
    private static let alignment = 8

    /// Parses the record at an offset.
    /// - Returns: nil when no whole record begins there, or when its checksum is wrong.
    init?(_ bytes: RawSpan, at offset: Int) {
        guard offset >= 0, bytes.byteCount - offset >= Self.frameOffset + Frame.headerBytes,
            bytes.unsigned(at: offset, as: UInt32.self) == Self.magic
        else { return nil }
        let start = offset + Self.frameOffset
        let length = Int(bytes.unsigned(at: start, as: UInt32.self))
        guard length <= bytes.byteCount - start - Frame.headerBytes else { return nil }
        frame = start..<start + Frame.headerBytes + length
        firstSeq = bytes.unsigned(at: offset + 8, as: UInt64.self)
        seq = bytes.unsigned(at: offset + 16, as: UInt64.self)
        guard CRC32C.checksum(bytes.extracting(offset + 8..<frame.upperBound)) == bytes.unsigned(at: offset + 4, as: UInt32.self),
            firstSeq <= seq, seq < .max
        else { return nil }
    }

    /// The first good record at an offset or behind it. Records begin at multiples of 8, so a search at those finds every record after damage.
    static func next(in bytes: RawSpan, from offset: Int) -> SpoolRecord? {
        var offset = offset
        while offset < bytes.byteCount {
            if let record = SpoolRecord(bytes, at: offset) { return record }
            offset += alignment
        }
        return nil
    }

    /// The record's start, in the bytes that were parsed.
    var start: Int { frame.lowerBound - Self.frameOffset }
    var end: Int { start + Self.size(ofFrame: frame.count) }

    /// Bytes that a frame, with its length in front, takes in a segment.
    static func size(ofFrame bytes: Int) -> Int { (frameOffset + bytes + alignment - 1) / alignment * alignment }

    /// Appends a record to a buffer.
    static func write(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer, to buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        buffer.writeInteger(magic)
        buffer.writeInteger(UInt32(0))
        buffer.writeInteger(firstSeq)
        buffer.writeInteger(seq)
        buffer.writeImmutableBuffer(frame)
        let checksum = CRC32C.checksum(buffer.readableBytesSpan.extracting((start - buffer.readerIndex + 8)...))
        buffer.setInteger(checksum, at: start + 4)
        buffer.writeRepeatingByte(0, count: start + size(ofFrame: frame.readableBytes) - buffer.writerIndex)
    }
}

extension RawSpan {
    /// A big-endian number at an offset within bounds.
    func unsigned<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Number.Type) -> Number {
        Number(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}
