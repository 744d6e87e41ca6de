/// Compresses into Snappy's block format (google/snappy, `format_description.txt`): the length, then literals and copies of what stood up to 64 KiB before.
package struct SnappyCompressor: ~Copyable {
    private static let tableBits = 14
    private static let blockSize = 1 << 16
    /// Where in the block four bytes with this hash stood last.
    private let table: UnsafeMutablePointer<UInt16>

    package init() { table = .allocate(capacity: 1 << Self.tableBits) }

    deinit { table.deallocate() }

    /// How many bytes `count` bytes may become.
    package static func limit(_ count: Int) -> Int { 32 + count + count / 6 }

    /// Writes the compressed form of all `bytes` to `room`, which has `limit(bytes.count)` bytes.
    /// - Returns: how many bytes it takes.
    package func compress(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutablePointer<UInt8>) -> Int {
        var out = Output(next: room)
        var rest = bytes.count
        while rest >= 0x80 {
            out.put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.put(UInt8(rest))
        guard let base = bytes.baseAddress else { return out.next - room }
        var start = 0
        while start < bytes.count {
            let length = min(Self.blockSize, bytes.count - start)
            compress(block: base + start, length, &out)
            start += length
        }
        return out.next - room
    }

    /// The compressed form of all `bytes`.
    package func compressed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.limit(bytes.count)) { room, count in
            count = compress(bytes, into: room.baseAddress!)
        }
    }

    private struct Output {
        var next: UnsafeMutablePointer<UInt8>

        @inline(__always) mutating func put(_ byte: UInt8) {
            next.pointee = byte
            next += 1
        }

        @inline(__always) mutating func put(_ bytes: UnsafeRawBufferPointer) {
            guard let base = bytes.baseAddress else { return }
            UnsafeMutableRawPointer(next).copyMemory(from: base, byteCount: bytes.count)
            next += bytes.count
        }
    }

    private func compress(block: UnsafeRawPointer, _ length: Int, _ out: inout Output) {
        /// Where the bytes begin that nothing was found for.
        var literal = 0
        if length >= 16 {
            table.update(repeating: 0, count: 1 << Self.tableBits)
            // A match is looked for with four bytes, and followed with eight.
            let last = length - 12
            var index = 1
            var misses = 32
            while index <= last {
                let word = block.loadUnaligned(fromByteOffset: index, as: UInt32.self)
                let slot = Self.hash(word)
                let candidate = Int(table[slot])
                table[slot] = UInt16(truncatingIfNeeded: index)
                guard candidate < index, block.loadUnaligned(fromByteOffset: candidate, as: UInt32.self) == word else {
                    // What can't be compressed is gone over in ever longer steps.
                    index += misses >> 5
                    misses += 1
                    continue
                }
                misses = 32
                let matched = 4 + Self.common(block + candidate + 4, block + index + 4, length - index - 4)
                Self.put(literal: block + literal, index - literal, &out)
                Self.put(copy: index - candidate, matched, &out)
                index += matched
                literal = index
                if index <= last {
                    let before = block.loadUnaligned(fromByteOffset: index - 1, as: UInt32.self)
                    table[Self.hash(before)] = UInt16(truncatingIfNeeded: index - 1)
                }
            }
        }
        Self.put(literal: block + literal, length - literal, &out)
    }

    @inline(__always) private static func hash(_ word: UInt32) -> Int {
        Int(truncatingIfNeeded: (word &* 0x1e35_a7bd) &>> UInt32(32 - tableBits))
    }

    /// How many bytes are the same at both places, at most `limit`.
    @inline(__always) private static func common(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ limit: Int) -> Int {
        var length = 0
        while length + 8 <= limit {
            let difference =
                one.loadUnaligned(fromByteOffset: length, as: UInt64.self).littleEndian
                ^ other.loadUnaligned(fromByteOffset: length, as: UInt64.self).littleEndian
            if difference != 0 { return length + difference.trailingZeroBitCount / 8 }
            length += 8
        }
        while length < limit,
            one.load(fromByteOffset: length, as: UInt8.self) == other.load(fromByteOffset: length, as: UInt8.self)
        { length += 1 }
        return length
    }

    @inline(__always) private static func put(literal start: UnsafeRawPointer, _ count: Int, _ out: inout Output) {
        guard count > 0 else { return }
        let rest = count - 1
        switch rest {
        case ..<60: out.put(UInt8(rest) << 2)
        case ..<256:
            out.put(60 << 2)
            out.put(UInt8(rest))
        default:
            out.put(61 << 2)
            out.put(UInt8(truncatingIfNeeded: rest))
            out.put(UInt8(truncatingIfNeeded: rest >> 8))
        }
        out.put(UnsafeRawBufferPointer(start: start, count: count))
    }

    @inline(__always) private static func put(copy offset: Int, _ count: Int, _ out: inout Output) {
        var rest = count
        // A copy has at most 64 bytes, and what is left at least four.
        while rest >= 68 {
            put(long: offset, 64, &out)
            rest -= 64
        }
        if rest > 64 {
            put(long: offset, 60, &out)
            rest -= 60
        }
        if rest < 12, offset < 2048 {
            out.put(UInt8(1 | (rest - 4) << 2 | (offset >> 8) << 5))
            out.put(UInt8(truncatingIfNeeded: offset))
        } else {
            put(long: offset, rest, &out)
        }
    }

    @inline(__always) private static func put(long offset: Int, _ count: Int, _ out: inout Output) {
        out.put(UInt8(2 | (count - 1) << 2))
        out.put(UInt8(truncatingIfNeeded: offset))
        out.put(UInt8(truncatingIfNeeded: offset >> 8))
    }
}
