import ArgumentParser

/// Splits a line into words as a shell does: at blanks, except within quotes and after backslashes.
enum Words {
    /// - Throws: `ValidationError` when a quote isn't closed.
    static func split(_ line: String) throws -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        func add(_ character: Character) {
            word = word ?? ""
            word?.append(character)
        }
        for character in line {
            if isEscaped {
                add(character)
                isEscaped = false
            } else if character == "\\" && quote != "'" {
                isEscaped = true
                word = word ?? ""
            } else if let open = quote {
                if character == open { quote = nil } else { add(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                add(character)
            }
        }
        guard quote == nil, !isEscaped else { throw ValidationError("The line ends within a quotation.") }
        if let done = word { words.append(done) }
        return words
    }
}
