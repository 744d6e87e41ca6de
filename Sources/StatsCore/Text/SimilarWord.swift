/// Which of the words that are known somebody may have meant.
package enum SimilarWord {
    /// The known word that is nearest to a misspelt one; `nil` when none is near: a third of its letters may be others.
    package static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let close = known.map { ($0, distance(word.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
        return close.flatMap { $0.1 <= max(1, word.count / 3) ? $0.0 : nil }
    }

    /// How many characters have to be changed, added or removed to turn one word into the other (Levenshtein); for short words.
    private static func distance(_ word: String, _ other: String) -> Int {
        let (word, other) = (Array(word.utf8.prefix(64)), Array(other.utf8))
        var row = Array(0...other.count)
        for (number, byte) in word.enumerated() {
            var corner = row[0]
            row[0] = number + 1
            for place in other.indices {
                let above = row[place + 1]
                row[place + 1] = min(above + 1, row[place] + 1, corner + (byte == other[place] ? 0 : 1))
                corner = above
            }
        }
        return row[other.count]
    }
}
