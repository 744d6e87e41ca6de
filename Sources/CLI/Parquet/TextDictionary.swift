/// Numbers texts from 0 in the order in which they first come.
///
/// Ticks nearly always have the same texts in the same order: the text that came next the last time is looked at first, where it stands, before its end is even known.
final class TextDictionary {
    /// Behind a pointer, as whoever looks at a class's variables asks first whether somebody else is about to change them.
    private struct State {
        /// All texts, one behind the other.
        var arena: UnsafeMutablePointer<UInt8>
        var capacity = 1 << 12
        /// Where each text begins in `arena`, and where the last one ends.
        var starts: [Int] = [0]
        /// What came behind each text the last time.
        var next: [Int32] = []
        var last = -1
        /// One more than the number of a text, by its hash; 0 where there is none. Twice as large as the number of texts at least.
        var table = [UInt32](repeating: 0, count: 256)

        var count: Int { starts.count - 1 }
        var byteCount: Int { starts[starts.count - 1] }

        subscript(number: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: arena + starts[number], count: starts[number + 1] - starts[number])
        }
    }

    private let state: UnsafeMutablePointer<State>

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State(arena: .allocate(capacity: 1 << 12)))
    }

    deinit {
        state.pointee.arena.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var count: Int { state.pointee.count }

    /// Of all texts together.
    var byteCount: Int { state.pointee.byteCount }

    subscript(number: Int) -> UnsafeRawBufferPointer { state.pointee[number] }

    func removeAll() {
        state.pointee.starts = [0]
        state.pointee.next.removeAll(keepingCapacity: true)
        state.pointee.last = -1
        state.pointee.table = [UInt32](repeating: 0, count: 256)
    }

    /// Looks whether a row goes on with the text that is expected here, and behind it a comma or the row's end.
    /// - Returns: its number and length; `nil` when nothing or something else is expected.
    @inline(__always) func expected(_ row: UnsafePointer<UInt8>, _ room: Int) -> (number: Int, length: Int)? {
        let last = state.pointee.last
        guard last >= 0, case let next = state.pointee.next[last], next >= 0 else { return nil }
        let number = Int(next)
        let start = state.pointee.starts[number]
        let length = state.pointee.starts[number + 1] &- start
        guard length > 0, length <= room, length == room || row[length] == UInt8(ascii: ","),
            Self.equal(row, state.pointee.arena + start, length)
        else { return nil }
        state.pointee.last = number
        return (number, length)
    }

    func number(of text: UnsafeRawBufferPointer) -> Int {
        let mask = state.pointee.table.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(text)) & mask
        while case let taken = state.pointee.table[slot], taken != 0 {
            let number = Int(taken) - 1
            let known = state.pointee[number]
            if known.count == text.count, known.elementsEqual(text) { return follow(number) }
            slot = (slot + 1) & mask
        }
        return follow(add(text, slot))
    }

    private func follow(_ number: Int) -> Int {
        if state.pointee.last >= 0 { state.pointee.next[state.pointee.last] = Int32(number) }
        state.pointee.last = number
        return number
    }

    private func add(_ text: UnsafeRawBufferPointer, _ slot: Int) -> Int {
        let (number, start) = (count, byteCount)
        if state.pointee.capacity - start < text.count {
            let capacity = max(state.pointee.capacity * 2, start + text.count)
            let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
            fresh.update(from: state.pointee.arena, count: start)
            state.pointee.arena.deallocate()
            (state.pointee.arena, state.pointee.capacity) = (fresh, capacity)
        }
        UnsafeMutableRawBufferPointer(start: state.pointee.arena + start, count: text.count).copyMemory(from: text)
        state.pointee.starts.append(start + text.count)
        state.pointee.next.append(-1)
        state.pointee.table[slot] = UInt32(number + 1)
        if count * 2 > state.pointee.table.count { grow() }
        return number
    }

    private func grow() {
        var table = [UInt32](repeating: 0, count: state.pointee.table.count * 2)
        for number in 0..<count {
            var slot = Int(truncatingIfNeeded: Self.hash(self[number])) & (table.count - 1)
            while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
            table[slot] = UInt32(number + 1)
        }
        state.pointee.table = table
    }

    @inline(__always) private static func equal(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        var index = 0
        while index + 8 <= length {
            let (a, b) = (UnsafeRawPointer(one + index), UnsafeRawPointer(other + index))
            if a.loadUnaligned(as: UInt64.self) != b.loadUnaligned(as: UInt64.self) { return false }
            index += 8
        }
        while index < length {
            if one[index] != other[index] { return false }
            index += 1
        }
        return true
    }

    /// After FNV-1a, but over words of eight bytes and mixed at its end: names that somebody makes to collide cost time and nothing else.
    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var index = 0
        while index + 8 <= text.count {
            hash = (hash ^ text.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            hash ^= hash &>> 29
            index += 8
        }
        while index < text.count {
            hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3
            index += 1
        }
        hash ^= hash &>> 32
        hash = hash &* 0x9e37_79b9_7f4a_7c15
        return hash ^ hash &>> 29
    }
}
