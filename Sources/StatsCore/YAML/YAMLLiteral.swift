/// A text of several lines (YAML 1.2.2, 8.1.2): each as it stands, without the blanks by which the first of them is indented.
struct YAMLLiteral {
    /// Whether the end of the last line belongs to the text; empty lines behind it never do.
    let keepsEnd: Bool
    /// The indentation of the list or mapping that it is a value of: its lines stand deeper.
    let parent: Int
    private var bytes: [UInt8] = []
    /// Line ends that belong to it if another line follows.
    private var lineEnds = 0

    init(keepsEnd: Bool, parent: Int) {
        self.keepsEnd = keepsEnd
        self.parent = parent
    }

    var text: String { String(decoding: bytes, as: UTF8.self) + (keepsEnd && lineEnds > 0 && !bytes.isEmpty ? "\n" : "") }

    /// Reads the lines below the one with the `|`. Comments and empty lines are part of the text, so that it is read from the document itself.
    /// - Returns: where the document goes on.
    mutating func read(_ document: [UInt8], below header: YAMLLine) throws(YAMLFault) -> Int {
        var start = Self.next(document, header.end)
        var number = header.number
        var indent: Int?
        /// The most blanks of a line with nothing else, before the indentation is known.
        var blanks = 0
        while start < document.count {
            number += 1
            let next = Self.next(document, start)
            var end = next
            if end > start, document[end - 1] == UInt8(ascii: "\n") { end -= 1 }
            let hasLineEnd = end < next
            if hasLineEnd, end > start, document[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            let begin = document[start..<end].firstIndex { $0 != UInt8(ascii: " ") } ?? end
            let depth = begin - start
            if begin < end, depth <= parent { break }
            if begin < end {
                let own = indent ?? depth
                indent = own
                guard depth >= own, blanks <= own else {
                    throw YAMLFault(
                        place: YAMLPlace(line: number, column: depth + 1),
                        message:
                            "a text of several lines is indented by its first line, and this one stands \(depth) blanks in, not \(max(own, blanks))"
                    )
                }
            }
            if let indent, start + indent < end {
                bytes += repeatElement(UInt8(ascii: "\n"), count: lineEnds) + document[(start + indent)..<end]
                lineEnds = 0
            } else if indent == nil {
                blanks = max(blanks, depth)
            }
            lineEnds += hasLineEnd ? 1 : 0
            start = next
        }
        return start
    }

    /// Where the line behind this place begins.
    private static func next(_ document: [UInt8], _ place: Int) -> Int {
        document[place...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? document.count
    }
}
