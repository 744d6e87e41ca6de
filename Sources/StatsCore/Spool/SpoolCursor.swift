import NIOCore

/// The last frame that the collector has, on disk: frames are deleted only when the cursor covers them.
///
/// It is written in place, into two slots by turns: a full disk has no room for a new file, and that is when
/// frames have to be deleted. A torn write leaves the other slot intact.
///
///     8   magic    8   how often it was written    8   epoch    8   seq    4   CRC-32C of the 32 bytes before
struct SpoolCursor: ~Copyable {
    static let name = "cursor"
    private static let magic: UInt64 = 0x534f_4e44_4543_5552  // SONDECUR
    private static let slotBytes = 36
    /// Far apart, so that no sector holds both.
    private static let slotOffsets: [UInt64] = [0, 4096]

    /// `nil` until something was acknowledged.
    private(set) var position: StreamPosition?
    private var generation: UInt64
    let file: SegmentFile

    init(in directory: borrowing Descriptor) throws {
        let isNew = !directory.holds(Self.name)
        let file = try directory.fileOrNew(Self.name)
        var position: StreamPosition?
        var generation: UInt64 = 0
        if isNew {
            try file.preallocate(Self.slotOffsets[1] + UInt64(Self.slotBytes))
            try file.sync()
            try directory.sync()
        }
        for offset in Self.slotOffsets {
            let bytes = try file.buffer(offset..<offset + UInt64(Self.slotBytes))
            let slot = bytes.readableBytesSpan
            guard slot.byteCount == Self.slotBytes, slot.unsigned(at: 0, as: UInt64.self) == Self.magic,
                CRC32C.checksum(slot.extracting(0..<32)) == slot.unsigned(at: 32, as: UInt32.self)
            else { continue }
            let written = slot.unsigned(at: 8, as: UInt64.self)
            guard written < .max, position == nil || written > generation else { continue }
            generation = written
            position = StreamPosition(epoch: slot.unsigned(at: 16, as: UInt64.self), seq: slot.unsigned(at: 24, as: UInt64.self))
        }
        self.position = position
        self.generation = generation
        self.file = SegmentFile(file)
    }

    /// Writes a position, and waits until it is on the disk unless somebody else syncs the file.
    /// - Throws: `DiskError`, `SyncFailure`; after either, the other slot still holds the last position.
    mutating func move(to position: StreamPosition, syncing: Bool = true) throws {
        var slot = ByteBuffer()
        slot.writeInteger(Self.magic)
        slot.writeInteger(generation + 1)
        slot.writeInteger(position.epoch)
        slot.writeInteger(position.seq)
        slot.writeInteger(CRC32C.checksum(slot.readableBytesSpan))
        try file.descriptor.write(slot, at: Self.slotOffsets[Int((generation + 1) % 2)])
        if syncing { try file.descriptor.syncData() }
        generation += 1
        self.position = position
    }
}
