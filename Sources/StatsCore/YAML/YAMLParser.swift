/// Reads the part of YAML 1.2 that settings need and that every reader understands alike: mappings and lists by indentation or in
/// brackets, texts with and without quotes on one line, texts of several lines behind `|`, numbers, truth values, null, comments.
///
/// Refused, with the place and what to write instead: anchors, aliases, tags, merge keys, other texts of several lines, several documents, tabs,
/// repeated keys, and what YAML 1.1 and 1.2 read differently. docs/GOVERNOR.md has the list.
package struct YAMLParser {
    private let bytes: [UInt8]
    private var lines: [YAMLLine]
    private var index = 0
    private var depth = 0

    /// The largest document, in bytes.
    package static let limit = 64 << 10

    /// - Returns: the document's value; null for one without content.
    package static func parse(_ bytes: [UInt8]) throws(YAMLFault) -> YAMLNode {
        guard bytes.count <= limit else {
            throw YAMLFault(place: YAMLPlace(line: 1, column: 1), message: "the file is larger than \(limit >> 10) KiB")
        }
        var parser = YAMLParser(bytes: bytes, lines: try YAMLLine.lines(of: bytes))
        guard let first = parser.lines.first else { return YAMLNode(value: .null, place: YAMLPlace(line: 1, column: 1)) }
        let node = try parser.block()
        if let rest = parser.current { throw parser.misplaced(rest, first.indent) }
        return node
    }

    private init(bytes: [UInt8], lines: [YAMLLine]) {
        self.bytes = bytes
        self.lines = lines
    }

    private var current: YAMLLine? { index < lines.count ? lines[index] : nil }

    private func text(_ line: YAMLLine) -> YAMLText { YAMLText(bytes, line) }

    private func misplaced(_ line: YAMLLine, _ indent: Int) -> YAMLFault {
        text(line).fault(
            text(line).peek == UInt8(ascii: "\t")
                ? "a tab stands in front of the content; indent with blanks"
                : line.indent == indent
                    ? "this doesn't go on with what stands above it at the same depth"
                    : "the line stands \(line.indent) blanks in, which fits nothing above it; a text goes on one line, in quotes")
    }

    /// Parses the value that begins on the current line.
    private mutating func block() throws(YAMLFault) -> YAMLNode {
        depth += 1
        defer { depth -= 1 }
        let line = lines[index]
        guard depth <= YAMLText.depthLimit else {
            throw text(line).fault("more than \(YAMLText.depthLimit) lists and mappings stand within each other")
        }
        var content = text(line)
        if content.isAtDash { return try sequence(line.indent) }
        if content.isAtKey { return try mapping(line.indent) }
        let node = try content.value()
        index += 1
        if let next = current, next.indent > line.indent { throw misplaced(next, line.indent) }
        return node
    }

    private mutating func sequence(_ indent: Int) throws(YAMLFault) -> YAMLNode {
        let place = text(lines[index]).place(lines[index].begin)
        var items: [YAMLNode] = []
        while let line = current, line.indent == indent, text(line).isAtDash {
            var content = text(line)
            content.skipDash()
            if content.isAtEnd {
                try content.end()
                index += 1
                items.append(try nested(deeperThan: indent) ?? YAMLNode(value: .null, place: content.place(content.offset)))
            } else if content.isAtLiteral {
                items.append(try literal(&content, deeperThan: indent))
            } else {
                lines[index].begin = content.offset
                items.append(try block())
            }
        }
        if let line = current, line.indent > indent { throw misplaced(line, indent) }
        return YAMLNode(value: .sequence(items), place: place)
    }

    private mutating func mapping(_ indent: Int) throws(YAMLFault) -> YAMLNode {
        let place = text(lines[index]).place(lines[index].begin)
        var entries: [YAMLEntry] = []
        while let line = current, line.indent == indent, !text(line).isAtDash {
            var content = text(line)
            let key = try content.key()
            let value: YAMLNode
            if content.isAtEnd {
                try content.end()
                index += 1
                if let next = current, next.indent == indent, text(next).isAtDash {
                    // The dashes of a key's list may have the same indentation as the key.
                    value = try sequence(indent)
                } else {
                    value = try nested(deeperThan: indent) ?? YAMLNode(value: .null, place: content.place(content.offset))
                }
            } else if content.isAtLiteral {
                value = try literal(&content, deeperThan: indent)
            } else {
                value = try content.value()
                index += 1
            }
            try entries.add(YAMLEntry(key: key.text, place: key.place, value: value))
            if let next = current, next.indent > indent { throw misplaced(next, indent) }
        }
        return YAMLNode(value: .mapping(entries), place: place)
    }

    /// Reads the text of several lines that `|` on the current line begins, and goes on behind it.
    private mutating func literal(_ content: inout YAMLText, deeperThan indent: Int) throws(YAMLFault) -> YAMLNode {
        let (header, place) = (content.line, content.place(content.offset))
        var text = YAMLLiteral(keepsEnd: try content.literalHeader(), parent: indent)
        let end = try text.read(bytes, below: header)
        while let line = current, line.start < end { index += 1 }
        return YAMLNode(value: .text(text.text), place: place)
    }

    /// Parses the next lines that are indented deeper; `nil` when there are none.
    private mutating func nested(deeperThan indent: Int) throws(YAMLFault) -> YAMLNode? {
        guard let line = current, line.indent > indent else { return nil }
        return try block()
    }
}
