/// The wanted values of a file of line pairs: `Name: header header …`, then `Name: value value …`.
///
/// The longest of these lines has some 130 words, so the position of each wanted header is remembered. Every reading checks that the
/// header is still there, and searches again when the line has changed.
struct ProtocolLines: Sendable {
    private struct Place {
        /// The header's word on its line, not counting the line's name.
        let word: Int
        /// The header's first byte, from the start of its line.
        let offset: Int
        let lineLength: Int
    }

    private struct Wanted {
        let line: StaticString
        let header: StaticString
        var place: Place?
        var value: UInt64?
    }

    private var wanted: [Wanted]

    init(_ wanted: [(line: StaticString, header: StaticString)]) {
        self.wanted = wanted.map { Wanted(line: $0.line, header: $0.header) }
    }

    /// The value of the wanted header with this number.
    subscript(index: Int) -> UInt64? { wanted[index].value }

    mutating func update(parsing bytes: RawSpan) {
        for index in wanted.indices { wanted[index].value = nil }
        var cursor = ByteCursor(bytes.completeLines)
        while !cursor.isAtEnd {
            let headers = cursor.offset
            let name = cursor.word()
            cursor.skipLine()
            let values = cursor.offset
            let isPair = cursor.isEqual(name, cursor.word())
            let first = cursor.offset
            // A line that isn't followed by a line of its values is no header: look at the next one instead.
            cursor.move(to: values)
            guard isPair, !name.isEmpty else { continue }
            for index in wanted.indices where cursor.matches(name, wanted[index].line) {
                guard let place = place(of: index, line: headers..<values, in: &cursor) else { continue }
                cursor.move(to: first)
                for _ in 0..<place.word { _ = cursor.word() }
                wanted[index].value = cursor.wholeDecimal()
            }
            cursor.move(to: values)
            cursor.skipLine()
        }
    }

    private mutating func place(of index: Int, line: Range<Int>, in cursor: inout ByteCursor) -> Place? {
        let header = wanted[index].header
        if let place = wanted[index].place, place.lineLength == line.count {
            let start = line.lowerBound + place.offset
            if cursor.matches(start..<start + header.utf8CodeUnitCount, header) { return place }
        }
        wanted[index].place = nil
        cursor.move(to: line.lowerBound)
        _ = cursor.word()
        var number = 0
        while true {
            let word = cursor.word()
            if word.isEmpty { return nil }
            if cursor.matches(word, header) {
                let place = Place(word: number, offset: word.lowerBound - line.lowerBound, lineLength: line.count)
                wanted[index].place = place
                return place
            }
            number += 1
        }
    }
}

extension ByteCursor {
    fileprivate func isEqual(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count where byte(one.lowerBound + index) != byte(other.lowerBound + index) { return false }
        return true
    }
}
