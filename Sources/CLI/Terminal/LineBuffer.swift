/// A line that is being edited. Pure: keys go in, and actions for the terminal or the history come out.
struct LineBuffer: Equatable, Sendable {
    enum Effect: Equatable, Sendable {
        /// The line has changed and has to be shown again.
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
    /// From 0 to the number of characters: the cursor is before the character with this index.
    private(set) var cursor = 0

    var text: String { String(characters) }

    /// Replaces the line and puts the cursor at its end.
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

    /// Inserts a character. A combining mark becomes part of the character before the cursor.
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

    /// The start of the word before the cursor; blanks between it and the cursor are skipped.
    private var startOfWord: Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }
}
