/// Reads the content of one line: texts with and without quotes, lists in brackets, mappings in braces.
struct YAMLText {
    let bytes: [UInt8]
    let line: YAMLLine
    private(set) var offset: Int
    /// How deep lists and mappings may nest.
    static let depthLimit = 16

    init(_ bytes: [UInt8], _ line: YAMLLine, at offset: Int? = nil) {
        self.bytes = bytes
        self.line = line
        self.offset = offset ?? line.begin
    }

    var peek: UInt8? { offset < line.end ? bytes[offset] : nil }

    /// A place in the line, by its offset in the document.
    func place(_ offset: Int) -> YAMLPlace {
        YAMLPlace(line: line.number, column: 1 + bytes[line.start..<offset].count { $0 & 0xc0 != 0x80 })
    }

    func fault(_ message: String, at offset: Int? = nil) -> YAMLFault { YAMLFault(place: place(offset ?? self.offset), message: message) }

    mutating func skipBlanks() {
        while peek == UInt8(ascii: " ") { offset += 1 }
    }

    /// Whether a key is at the start of the line's content: `key:` followed by a blank or nothing.
    var isAtKey: Bool {
        var scan = self
        guard let first = peek, first != UInt8(ascii: "["), first != UInt8(ascii: "{"), (try? scan.scalar(isInFlow: false)) != nil else {
            return false
        }
        return scan.isAtColon
    }

    /// Whether the line's content is a list item: a dash followed by a blank or nothing.
    var isAtDash: Bool { peek == UInt8(ascii: "-") && isBlank(offset + 1) }

    private var isAtColon: Bool {
        var scan = self
        scan.skipBlanks()
        return scan.peek == UInt8(ascii: ":") && scan.isBlank(scan.offset + 1)
    }

    private func isBlank(_ offset: Int) -> Bool { offset >= line.end || bytes[offset] == UInt8(ascii: " ") }

    /// Skips the dash of a list item and the blanks behind it.
    mutating func skipDash() {
        offset += 1
        skipBlanks()
    }

    /// A key and the colon after it.
    mutating func key(isInFlow: Bool = false) throws(YAMLFault) -> (text: String, place: YAMLPlace) {
        let begin = offset
        let node = try scalar(isInFlow: isInFlow)
        guard case .text(let text) = node.value else {
            throw fault("a key has to be a text; write it in quotes", at: begin)
        }
        skipBlanks()
        guard isAtColon else { throw fault("write `key: value`, with a blank behind the colon") }
        offset += 1
        skipBlanks()
        return (text, node.place)
    }

    /// Reads the rest of the line as a value; only a comment may follow it.
    mutating func value() throws(YAMLFault) -> YAMLNode {
        let node = try inline(isInFlow: false, depth: 0)
        if isAtColon { throw fault("a mapping can't begin here; write it on the next line, further in, or quote the text that holds `: `") }
        try end()
        return node
    }

    /// Whether a text of several lines begins here.
    var isAtLiteral: Bool { peek == UInt8(ascii: "|") }

    /// Reads `|` or `|-`, behind which only a comment may follow.
    /// - Returns: whether the text keeps the end of its last line.
    mutating func literalHeader() throws(YAMLFault) -> Bool {
        let begin = offset
        offset += 1
        let isCut = peek == UInt8(ascii: "-")
        if isCut { offset += 1 }
        guard isBlank(offset) else {
            throw fault("write `|` or `|-` before a text of several lines, and the text on the next lines; or a text in quotes", at: begin)
        }
        try end()
        return !isCut
    }

    /// Accepts the end of the line, or a blank and a comment.
    mutating func end() throws(YAMLFault) {
        let begin = offset
        skipBlanks()
        guard let next = peek else { return }
        guard next == UInt8(ascii: "#"), offset > begin || begin == line.begin || bytes[begin - 1] == UInt8(ascii: " ") else {
            throw fault("nothing can follow here but a comment, behind a blank")
        }
    }

    /// Whether the rest of the line is empty or a comment.
    var isAtEnd: Bool {
        var scan = self
        scan.skipBlanks()
        return scan.peek == nil || scan.peek == UInt8(ascii: "#")
    }

    private mutating func inline(isInFlow: Bool, depth: Int) throws(YAMLFault) -> YAMLNode {
        guard depth <= Self.depthLimit else { throw fault("more than \(Self.depthLimit) lists and mappings stand within each other") }
        switch peek {
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "{"): return try mapping(depth)
        default: return try scalar(isInFlow: isInFlow)
        }
    }

    private mutating func list(_ depth: Int) throws(YAMLFault) -> YAMLNode {
        let begin = offset
        var items: [YAMLNode] = []
        try members(closing: UInt8(ascii: "]"), begin) { text throws(YAMLFault) in
            items.append(try text.inline(isInFlow: true, depth: depth + 1))
            if text.isAtColon { throw text.fault("a mapping in a list stands in braces: [{key: value}]") }
        }
        return YAMLNode(value: .sequence(items), place: place(begin))
    }

    private mutating func mapping(_ depth: Int) throws(YAMLFault) -> YAMLNode {
        let begin = offset
        var entries: [YAMLEntry] = []
        try members(closing: UInt8(ascii: "}"), begin) { text throws(YAMLFault) in
            let key = try text.key(isInFlow: true)
            let isAbsent = text.peek == UInt8(ascii: ",") || text.peek == UInt8(ascii: "}")
            let value =
                isAbsent ? YAMLNode(value: .null, place: text.place(text.offset)) : try text.inline(isInFlow: true, depth: depth + 1)
            try entries.add(YAMLEntry(key: key.text, place: key.place, value: value))
        }
        return YAMLNode(value: .mapping(entries), place: place(begin))
    }

    /// Visits the members between brackets or braces. Commas separate them; one comma may follow the last.
    private mutating func members(
        closing: UInt8, _ begin: Int, _ member: (inout YAMLText) throws(YAMLFault) -> Void
    ) throws(YAMLFault) {
        offset += 1
        while true {
            skipBlanks()
            if peek == closing { break }
            if isAtEnd { break }
            try member(&self)
            skipBlanks()
            guard peek == UInt8(ascii: ",") else { break }
            offset += 1
        }
        guard peek == closing else {
            let name = String(UnicodeScalar(closing))
            throw isAtEnd
                ? fault("`\(name)` is missing on this line; close it there, or write one item a line behind dashes", at: begin)
                : fault("`,` or `\(name)` has to stand here; a text that holds this character goes in quotes")
        }
        offset += 1
    }

    private mutating func scalar(isInFlow: Bool) throws(YAMLFault) -> YAMLNode {
        let begin = offset
        switch peek {
        case UInt8(ascii: "\""): return YAMLNode(value: .text(try doubleQuoted()), place: place(begin))
        case UInt8(ascii: "'"): return YAMLNode(value: .text(try singleQuoted()), place: place(begin))
        default:
            let value = try plain(isInFlow: isInFlow)
            var node = YAMLNode(value: value, place: place(begin))
            switch value {
            case .bool, .integer, .decimal: node.source = String(decoding: bytes[begin..<offset], as: UTF8.self)
            case .null, .text, .sequence, .mapping: break
            }
            return node
        }
    }

    /// A text without quotes. It ends at `: `, ` #` or the line's end, and within brackets and braces also at a comma or a closing one.
    private mutating func plain(isInFlow: Bool) throws(YAMLFault) -> YAMLNode.Value {
        let begin = offset
        try checkPlainBegin()
        while let next = peek {
            if next == UInt8(ascii: "\t") { throw fault("a tab stands outside of quotes; write blanks") }
            if next == UInt8(ascii: ":"), isBlank(offset + 1) || (isInFlow && ",[]{}".utf8.contains(bytes[offset + 1])) { break }
            if next == UInt8(ascii: "#"), offset > begin, bytes[offset - 1] == UInt8(ascii: " ") { break }
            if isInFlow, ",[]{}".utf8.contains(next) { break }
            if isInFlow, next == UInt8(ascii: "?") { throw fault("a text with `?` goes in quotes here") }
            offset += 1
        }
        while offset > begin, bytes[offset - 1] == UInt8(ascii: " ") { offset -= 1 }
        switch YAMLScalars.meaning(of: String(decoding: bytes[begin..<offset], as: UTF8.self)) {
        case .value(let value): return value
        case .refused(let message): throw fault(message, at: begin)
        }
    }

    private func checkPlainBegin() throws(YAMLFault) {
        guard let first = peek else { return }
        let followed = offset + 1 < line.end && bytes[offset + 1] != UInt8(ascii: " ") && !",[]{}".utf8.contains(bytes[offset + 1])
        let message: String? =
            switch first {
            case UInt8(ascii: "*"): "`*` at the begin means an alias in YAML, which isn't read; write a pattern in quotes: \"*\""
            case UInt8(ascii: "&"): "anchors (`&`) aren't read; write the value out, or a text in quotes"
            case UInt8(ascii: "!"): "tags (`!`) aren't read; leave it out, or write a text in quotes"
            case UInt8(ascii: "\t"): "a tab stands in front of the content; indent with blanks"
            case UInt8(ascii: ">"):
                "`>` at the begin means a text of several lines that are joined in YAML, which isn't read; write `|`, or the text in quotes: \">50%\""
            case UInt8(ascii: "|"):
                "`|` begins a text of several lines: it stands alone behind a key or a dash, and the text on the next lines; else write it in quotes"
            case UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
                UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "#"):
                "a text can't begin with `\(String(UnicodeScalar(first)))`; write it in quotes"
            case UInt8(ascii: "-") where !followed: "a list item can't begin here; write it on the next line, or a text in quotes"
            case UInt8(ascii: "?"), UInt8(ascii: ":"):
                "a text that begins with `\(String(UnicodeScalar(first)))` goes in quotes, and keys are written as `key: value`"
            default: nil
            }
        if let message { throw fault(message) }
    }

    private mutating func singleQuoted() throws(YAMLFault) -> String {
        let begin = offset
        var text: [UInt8] = []
        offset += 1
        while let next = peek {
            offset += 1
            if next != UInt8(ascii: "'") {
                text.append(next)
            } else if peek == UInt8(ascii: "'") {
                text.append(next)
                offset += 1
            } else {
                return String(decoding: text, as: UTF8.self)
            }
        }
        throw fault("the quote isn't closed on its line", at: begin)
    }

    private mutating func doubleQuoted() throws(YAMLFault) -> String {
        let begin = offset
        var text: [UInt8] = []
        offset += 1
        while let next = peek {
            offset += 1
            switch next {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += String(try escaped()).utf8
            default: text.append(next)
            }
        }
        throw fault("the quote isn't closed on its line", at: begin)
    }

    /// The character that a backslash escape means; the backslash itself has been read.
    private mutating func escaped() throws(YAMLFault) -> Unicode.Scalar {
        let code = peek
        let begin = offset - 1
        offset += 1
        let digits: Int
        switch code {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(code ?? 0)
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default:
            throw fault(
                "there is no such escape; known are \\\\ \\\" \\/ \\n \\t \\r \\xNN \\uNNNN \\UNNNNNNNN, and '…' takes all as it stands",
                at: begin)
        }
        let range = offset..<min(offset + digits, line.end)
        let hex = bytes[range]
        guard range.count == digits, let code = Hexadecimal.bytes(hex).map({ $0.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }), code > 0,
            let scalar = Unicode.Scalar(code)
        else { throw fault("\(digits) hexadecimal digits of a character have to follow", at: begin) }
        offset += digits
        return scalar
    }
}

extension [YAMLEntry] {
    /// - Throws: `YAMLFault` when the mapping has the key already.
    mutating func add(_ entry: YAMLEntry) throws(YAMLFault) {
        if let earlier = first(where: { $0.key == entry.key }) {
            throw YAMLFault(
                place: entry.place, message: "the key `\(entry.key)` stands on line \(earlier.place.line) already; write it once")
        }
        append(entry)
    }
}
