/// A line that is being edited. Pure: keys go in, and what the terminal or the history must do comes out.
struct LineBuffer: Equatable, Sendable {
    enum Effect: Equatable, Sendable {
        /// Show the line again.
        case edited
        /// The key did nothing.
        case ignored
        case submitted
        /// Ctrl-C: the line is dropped.
        case abandoned
        /// Ctrl-D on an empty line.
        case endOfInput
        case older
        case newer
        case clearScreen
    }

    private(set) var characters: [Character] = []
    /// Between 0 and the number of characters: the cursor stands before that one.
    private(set) var cursor = 0

    var text: String { String(characters) }

    /// Another line in place of this one, the cursor behind it.
    mutating func replace(with text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    mutating func apply(_ key: Key) -> Effect {
        switch key {
        case .character(let scalar): insert(scalar)
        case .enter: return .submitted
        case .up: return .older
        case .down: return .newer
        case .control("p"): return .older
        case .control("n"): return .newer
        case .control("c"): return .abandoned
        case .control("l"): return .clearScreen
        case .control("d") where characters.isEmpty: return .endOfInput
        case .left, .control("b"): return move(to: cursor - 1)
        case .right, .control("f"): return move(to: cursor + 1)
        case .home, .control("a"): return move(to: 0)
        case .end, .control("e"): return move(to: characters.count)
        case .backspace: return remove(cursor - 1..<cursor)
        case .delete, .control("d"): return remove(cursor..<cursor + 1)
        case .control("u"): return remove(0..<cursor)
        case .control("k"): return remove(cursor..<characters.count)
        case .control("w"): return remove(startOfWord..<cursor)
        case .control, .tab, .pageUp, .pageDown, .escape, .unknown: return .ignored
        }
        return .edited
    }

    /// A mark that combines with the character before the cursor becomes part of it.
    private mutating func insert(_ scalar: Unicode.Scalar) {
        if cursor > 0 {
            let combined = String(characters[cursor - 1]) + String(Character(scalar))
            if combined.count == 1, let character = combined.first {
                characters[cursor - 1] = character
                return
            }
        }
        characters.insert(Character(scalar), at: cursor)
        cursor += 1
    }

    private mutating func move(to position: Int) -> Effect {
        guard position != cursor, (0...characters.count).contains(position) else { return .ignored }
        cursor = position
        return .edited
    }

    private mutating func remove(_ range: Range<Int>) -> Effect {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= characters.count else { return .ignored }
        characters.removeSubrange(range)
        if cursor > range.lowerBound { cursor = max(range.lowerBound, cursor - range.count) }
        return .edited
    }

    /// Where the word before the cursor begins, blanks after it included.
    private var startOfWord: Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }
}
