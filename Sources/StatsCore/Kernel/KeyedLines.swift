/// The wanted keys of a file of `key value` lines.
protocol LineKey: RawRepresentable<Int>, CaseIterable, Sendable {
    /// The key of a line with this name, if it is wanted; several lines may be summed under one key.
    init?(name: String)
    /// Whether this key is the sum of several lines.
    var isSum: Bool { get }
}

extension LineKey {
    var isSum: Bool { false }
}

/// The wanted values of a file of some hundred `key value` lines. A running kernel never changes their order.
///
/// The first reading learns which lines have wanted keys; later readings step over the others. The names of
/// the wanted lines are compared at every reading; when one differs, the lines are learnt again.
struct KeyedLines<Key: LineKey>: Sendable {
    private struct Slot {
        let line: Int
        let key: Int
        let name: [UInt8]
    }

    private var values: [UInt64?]
    private var slots: [Slot] = []
    private var lineCount = 0

    init() { values = Array(repeating: nil, count: Key.allCases.count) }

    subscript(key: Key) -> UInt64? { values[key.rawValue] }

    mutating func update(parsing bytes: RawSpan) {
        let lines = bytes.completeLines
        if !read(lines) {
            learn(lines)
            // These lines were learnt from the same bytes, so they fit.
            _ = read(lines)
        }
    }

    /// Reads the values and returns whether the lines are still those that were learnt; if not, the values mean nothing.
    private mutating func read(_ bytes: RawSpan) -> Bool {
        for index in values.indices { values[index] = nil }
        var cursor = ByteCursor(bytes)
        var line = 0
        for slot in slots {
            while line < slot.line, !cursor.isAtEnd {
                cursor.skipLine()
                line += 1
            }
            guard cursor.bytes.starts(with: slot.name, at: cursor.offset) else { return false }
            cursor.move(to: cursor.offset + slot.name.count)
            if let value = cursor.wholeDecimal() { values[slot.key] = (values[slot.key] ?? 0) &+ value }
        }
        while !cursor.isAtEnd {
            cursor.skipLine()
            line += 1
        }
        guard line == lineCount else { return false }
        // If no line follows the last part of a sum, further parts may have been cut off.
        if let last = slots.last, last.line == lineCount - 1, Key(rawValue: last.key)?.isSum == true { values[last.key] = nil }
        return true
    }

    private mutating func learn(_ bytes: RawSpan) {
        slots.removeAll(keepingCapacity: true)
        lineCount = 0
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let start = cursor.offset
            let word = cursor.word()
            // `start` instead of the word's own start: `read` compares names from the line's first byte.
            let name = cursor.string(start..<word.upperBound)
            if let key = Key(name: name.hasSuffix(":") ? String(name.dropLast()) : name) {
                slots.append(Slot(line: lineCount, key: key.rawValue, name: Array((name + " ").utf8)))
            }
            cursor.skipLine()
            lineCount += 1
        }
    }
}

extension RawSpan {
    @inline(__always) fileprivate func starts(with name: [UInt8], at offset: Int) -> Bool {
        guard byteCount - offset >= name.count else { return false }
        for index in name.indices where unsafeLoad(fromByteOffset: offset + index, as: UInt8.self) != name[index] { return false }
        return true
    }
}
