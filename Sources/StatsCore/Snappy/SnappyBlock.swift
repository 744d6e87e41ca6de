/// Writes Snappy's block format for somebody who knows which bytes stood before, so that nothing has to be looked for.
///
/// Whoever writes has asked `reserve` for as much as the most that it may write.
package struct SnappyBlock: ~Copyable {
    /// A copy reaches so far back at most.
    package static let reach = 65535
    /// Room for the length in front, which is known last.
    private static let lengthRoom = 5
    /// A literal has its length in two bytes behind its tag.
    private static let literalHead = 3
    private static let longestLiteral = 16_000

    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var end = lengthRoom
    /// Where the open literal's head stands; -1 for none.
    private var literal = -1
    /// How many bytes were written, before they were compressed.
    package private(set) var length = 0

    package init(capacity: Int = 1 << 16) {
        self.capacity = max(capacity, 1024)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    package var isEmpty: Bool { length == 0 }

    /// What it takes so far.
    package var byteCount: Int { end }

    /// Makes room for so many bytes more, however they are written.
    @inline(__always) package mutating func reserve(_ more: Int) {
        if capacity - end < more + 32 { grow(more + 32) }
    }

    private mutating func grow(_ more: Int) {
        let room = max(capacity * 2, end + more)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        fresh.update(from: start, count: end)
        start.deallocate()
        (start, capacity) = (fresh, room)
    }

    @inline(__always) package mutating func put(_ byte: UInt8) {
        open()
        start[end] = byte
        end &+= 1
        length &+= 1
    }

    @inline(__always) package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        open()
        UnsafeMutableRawPointer(start + end).copyMemory(from: base, byteCount: bytes.count)
        end &+= bytes.count
        length &+= bytes.count
    }

    /// Eight bytes, the lowest first.
    @inline(__always) package mutating func put(word: UInt64) {
        open()
        UnsafeMutableRawPointer(start + end).storeBytes(of: word.littleEndian, as: UInt64.self)
        end &+= 8
        length &+= 8
    }

    @inline(__always) package mutating func put(varint value: UInt64) { LEB128.write(value) { put($0) } }

    /// Writes `count` bytes as they stood at `place`, counted as `length` counts; not farther back than `reach`.
    @inline(__always) package mutating func copy(from place: Int, _ count: Int) {
        close()
        let offset = length &- place
        var rest = count
        while rest > 0 {
            let part = min(rest, 64)
            start[end] = UInt8(2 | (part - 1) << 2)
            start[end + 1] = UInt8(truncatingIfNeeded: offset)
            start[end + 2] = UInt8(truncatingIfNeeded: offset >> 8)
            end &+= 3
            rest &-= part
        }
        length &+= count
    }

    @inline(__always) private mutating func open() {
        if literal >= 0, end &- literal < Self.longestLiteral { return }
        close()
        literal = end
        end &+= Self.literalHead
    }

    @inline(__always) private mutating func close() {
        guard literal >= 0 else { return }
        let rest = end &- literal &- Self.literalHead &- 1
        start[literal] = 61 << 2
        start[literal + 1] = UInt8(truncatingIfNeeded: rest)
        start[literal + 2] = UInt8(truncatingIfNeeded: rest >> 8)
        literal = -1
    }

    /// Ends the block and hands its bytes out; the next one begins empty.
    package mutating func finish<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        close()
        let digits = LEB128.bytes(length)
        let begin = Self.lengthRoom - digits.count
        for (index, digit) in digits.enumerated() { start[begin + index] = digit }
        defer { (end, length) = (Self.lengthRoom, 0) }
        return body(UnsafeRawBufferPointer(start: start + begin, count: end - begin))
    }
}
