import StatsCore

/// The bytes of a page while it is encoded: room that is made once, and written to without a look at its end for each value.
///
/// Whoever writes has asked `reserve` for as much as the most that it may write.
struct PageBytes: ~Copyable {
    private(set) var start: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 1 << 16) {
        self.capacity = max(64, capacity)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    mutating func removeAll() { count = 0 }

    /// Makes room for so many bytes more.
    mutating func reserve(_ more: Int) {
        // Whole words are written, so that the last one may reach beyond what counts.
        guard capacity - count < more + 8 else { return }
        let room = max(capacity * 2, count + more + 8)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        fresh.update(from: start, count: count)
        start.deallocate()
        (start, capacity) = (fresh, room)
    }

    /// The next bytes were written to the room, which `reserve` had made.
    mutating func keep(_ more: Int) { count += more }

    @inline(__always) mutating func put(_ byte: UInt8) {
        start[count] = byte
        count &+= 1
    }

    /// Eight bytes, the lowest first.
    @inline(__always) mutating func put(word: UInt64) {
        UnsafeMutableRawPointer(start + count).storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= 8
    }

    /// Four bytes, the lowest first.
    @inline(__always) mutating func put(half: UInt32) {
        UnsafeMutableRawPointer(start + count).storeBytes(of: half.littleEndian, as: UInt32.self)
        count &+= 4
    }

    /// The lowest `bytes` bytes of a word.
    @inline(__always) mutating func put(word: UInt64, bytes: Int) {
        UnsafeMutableRawPointer(start + count).storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= bytes
    }

    @inline(__always) mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(start + count).copyMemory(from: base, byteCount: bytes.count)
        count &+= bytes.count
    }

    /// At most ten bytes.
    mutating func put(varint value: UInt64) { LEB128.write(value) { put($0) } }

    mutating func put(zigzag value: Int64) { put(varint: LEB128.zigzag(value)) }

    /// Sets bytes that were written before.
    mutating func set(half: UInt32, at index: Int) {
        UnsafeMutableRawPointer(start + index).storeBytes(of: half.littleEndian, as: UInt32.self)
    }

    /// Packs numbers of `width` bits each without gaps, the lowest bit first, and fills up the last byte with zeros.
    /// - Parameter values: none has more than `width` bits.
    @inline(__always) mutating func put(packed values: UnsafePointer<UInt64>, count: Int, width: Int) {
        guard width > 0 else { return }
        var word: UInt64 = 0
        var used = 0
        for index in 0..<count {
            let value = values[index]
            word |= value &<< UInt64(used)
            used &+= width
            if used >= 64 {
                put(word: word)
                used &-= 64
                // What of the value has not found room.
                word = used == 0 ? 0 : value &>> UInt64(width &- used)
            }
        }
        put(word: word, bytes: (used &+ 7) / 8)
    }
}

extension UInt64 {
    /// How many bits the number needs; none for zero.
    var bits: Int { 64 - leadingZeroBitCount }
}
