/// The parts of a Swift file that matter for names: words, braces and dots. Comments are skipped; of string literals only the code in `\(…)` counts.
struct SwiftTokens: Sequence, IteratorProtocol {
    enum Kind: Equatable {
        case word(String)
        /// A brace.
        case open
        case close
        case dot
        case other
    }

    struct Token: Equatable {
        let kind: Kind
        /// From 1.
        let line: Int
    }

    /// What surrounds the current position, from the outside to the inside.
    private enum Place {
        case code
        /// Code in a string literal, with the number of its open parentheses.
        case interpolation(parentheses: Int)
        /// A string literal that ends with this many quotes and number signs.
        case text(quotes: Int, signs: Int)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var places = [Place.code]

    init(_ source: String) { bytes = Array(source.utf8) }

    mutating func next() -> Token? {
        while index < bytes.count {
            switch places.last ?? .code {
            case .text(let quotes, let signs): readText(quotes: quotes, signs: signs)
            case .code: if let token = readCode() { return token }
            case .interpolation(let parentheses):
                if let token = readCode() { return token }
                note(parentheses: parentheses)
            }
        }
        return nil
    }

    private func byte(_ offset: Int = 0) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }

    private mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
    }

    /// Reads one token; `nil` for text that is none.
    private mutating func readCode() -> Token? {
        guard let byte = byte() else { return nil }
        let line = line
        switch byte {
        case UInt8(ascii: "/") where self.byte(1) == UInt8(ascii: "/"):
            while let next = self.byte(), next != UInt8(ascii: "\n") { skip() }
            return nil
        case UInt8(ascii: "/") where self.byte(1) == UInt8(ascii: "*"):
            skipComment()
            return nil
        case UInt8(ascii: "\""), UInt8(ascii: "#"):
            if beginsText() { return nil }
            skip()
            return Token(kind: .other, line: line)
        case UInt8(ascii: "{"), UInt8(ascii: "}"):
            skip()
            return Token(kind: byte == UInt8(ascii: "{") ? .open : .close, line: line)
        case UInt8(ascii: "."):
            skip()
            return Token(kind: .dot, line: line)
        case _ where Self.isWord(byte):
            let begin = index
            while let next = self.byte(), Self.isWord(next) { index += 1 }
            return Token(kind: .word(String(decoding: bytes[begin..<index], as: UTF8.self)), line: line)
        case UInt8(ascii: "("), UInt8(ascii: ")"):
            // An interpolation counts its parentheses itself.
            if case .interpolation = places.last { return nil }
            skip()
            return Token(kind: .other, line: line)
        case 0x20, 0x09, 0x0a, 0x0d:
            skip()
            return nil
        default:
            skip()
            return Token(kind: .other, line: line)
        }
    }

    /// Counts the parentheses of an interpolation, and ends it after the last.
    private mutating func note(parentheses: Int) {
        switch byte() {
        case UInt8(ascii: "("): places[places.count - 1] = .interpolation(parentheses: parentheses + 1)
        case UInt8(ascii: ")") where parentheses == 0: places.removeLast()
        case UInt8(ascii: ")"): places[places.count - 1] = .interpolation(parentheses: parentheses - 1)
        default: return
        }
        skip()
    }

    /// Enters the string literal that begins here, if there is one: `"`, `"""`, `#"` and so on.
    private mutating func beginsText() -> Bool {
        var signs = 0
        while byte(signs) == UInt8(ascii: "#") { signs += 1 }
        guard byte(signs) == UInt8(ascii: "\"") else { return false }
        let isLong = byte(signs + 1) == UInt8(ascii: "\"") && byte(signs + 2) == UInt8(ascii: "\"")
        skip(signs + (isLong ? 3 : 1))
        places.append(.text(quotes: isLong ? 3 : 1, signs: signs))
        return true
    }

    private mutating func readText(quotes: Int, signs: Int) {
        guard let byte = byte() else { return }
        let marked = (1..<signs + 1).allSatisfy { self.byte($0) == UInt8(ascii: "#") }
        if byte == UInt8(ascii: "\\"), marked {
            let isInterpolation = self.byte(signs + 1) == UInt8(ascii: "(")
            skip(signs + 2)
            if isInterpolation { places.append(.interpolation(parentheses: 0)) }
            return
        }
        let isEnd =
            (0..<quotes).allSatisfy { self.byte($0) == UInt8(ascii: "\"") }
            && (quotes..<quotes + signs).allSatisfy { self.byte($0) == UInt8(ascii: "#") }
        skip(isEnd ? quotes + signs : 1)
        if isEnd { places.removeLast() }
    }

    /// Comments of this kind nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                depth += 1
                skip(2)
            } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
                depth -= 1
                skip(2)
            } else {
                skip()
            }
        } while depth > 0 && index < bytes.count
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }
}
