import NIOCore

/// The start of a segment. It is there twice, so that one bad byte doesn't cost all of the segment's frames:
///
///     8   magic          8   epoch        4    bytes of the epoch's id
///     4   version        8   first seq    up to 84: the id, then zeros
///     4   kind: 0 frames, 1 gaps          4    CRC-32C of the 124 bytes before
struct SegmentHeader: Equatable {
    let epoch: UInt64
    let epochID: String
    /// The lowest number that a frame in the segment may have.
    let firstSeq: UInt64
    /// Whether the segment replaces others and holds only gaps for their frames.
    let isGaps: Bool

    static let bytes = 2 * copyBytes
    static let longestID = 84
    private static let copyBytes = 128
    private static let magic: UInt64 = 0x534f_4e44_4553_504c  // SONDESPL
    private static let version: UInt32 = 1

    init(epoch: UInt64, epochID: String, firstSeq: UInt64, isGaps: Bool = false) {
        self.epoch = epoch
        self.epochID = epochID
        self.firstSeq = firstSeq
        self.isGaps = isGaps
    }

    /// - Returns: nil when neither copy is good.
    init?(_ bytes: RawSpan) {
        for copy in [0, Self.copyBytes] where bytes.byteCount >= copy + Self.copyBytes {
            if let header = Self(copy: bytes.extracting(copy..<copy + Self.copyBytes)) {
                self = header
                return
            }
        }
        return nil
    }

    private init?(copy: RawSpan) {
        let idLength = Int(copy.unsigned(at: 32, as: UInt32.self))
        guard copy.unsigned(at: 0, as: UInt64.self) == Self.magic, copy.unsigned(at: 8, as: UInt32.self) == Self.version,
            CRC32C.checksum(copy.extracting(0..<124)) == copy.unsigned(at: 124, as: UInt32.self), idLength <= Self.longestID
        else { return nil }
        // A mended text would be longer than the room for it.
        let epochID = copy.extracting(36..<36 + idLength).withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let epochID else { return nil }
        self.init(
            epoch: copy.unsigned(at: 16, as: UInt64.self), epochID: epochID,
            firstSeq: copy.unsigned(at: 24, as: UInt64.self), isGaps: copy.unsigned(at: 12, as: UInt32.self) == 1)
    }

    /// What the file's name says, for a queue, whose epoch has no id.
    init?(ofQueue name: String) {
        let numbers = name.dropLast(Self.suffix.count).split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard numbers.count == 2, let epoch = numbers[0], let first = numbers[1], first < .max else { return nil }
        self.init(epoch: epoch, epochID: "", firstSeq: first)
    }

    func write(to buffer: inout ByteBuffer) {
        var copy = ByteBuffer()
        copy.writeInteger(Self.magic)
        copy.writeInteger(Self.version)
        copy.writeInteger(UInt32(isGaps ? 1 : 0))
        copy.writeInteger(epoch)
        copy.writeInteger(firstSeq)
        copy.writeInteger(UInt32(epochID.utf8.count))
        copy.writeString(epochID)
        copy.writeRepeatingByte(0, count: 124 - copy.writerIndex)
        copy.writeInteger(CRC32C.checksum(copy.readableBytesSpan))
        buffer.writeImmutableBuffer(copy)
        buffer.writeImmutableBuffer(copy)
    }

    /// `<epoch>-<first seq>.segment`, 20 digits each, so that names sort as frames do.
    var name: String { Self.digits(epoch) + "-" + Self.digits(firstSeq) + Self.suffix }

    static let suffix = ".segment"

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }
}
