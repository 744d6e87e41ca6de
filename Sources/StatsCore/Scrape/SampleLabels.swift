/// The name and the labels of a series, as its sample's line tells them.
struct SampleLabels {
    private(set) var name: [UInt8] = []
    private var labels: [(name: [UInt8], value: [UInt8])] = []

    /// A JSON object, the labels in the order of their names' bytes.
    var json: [UInt8] {
        var out = ByteWriter(capacity: 256)
        out.append(UInt8(ascii: "{"))
        for (index, label) in labels.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(jsonString: label.name.span.bytes)
            out.append(UInt8(ascii: ":"))
            out.append(jsonString: label.value.span.bytes)
        }
        out.append(UInt8(ascii: "}"))
        return out.withUnsafeBytes { Array($0) }
    }

    /// - Parameter key: the beginning of a sample's line, as `end(of:)` finds it.
    init(_ key: RawSpan, _ format: SampleFormat) throws(SampleFault) {
        guard key.withUnsafeBytes({ String(validating: $0, as: UTF8.self) != nil }) else { throw SampleFault("isn't UTF-8") }
        var cursor = ByteCursor(key)
        var index = 0
        while index < key.byteCount, cursor.byte(index) != UInt8(ascii: "{") { index += 1 }
        let hasLabels = index < key.byteCount
        cursor.move(to: index + 1)
        if format == .text { while index > 0, Self.isBlank(cursor.byte(index - 1)) { index -= 1 } }
        if index > 0 {
            guard cursor.isMetricName(0..<index) else { throw SampleFault("has a name that is none") }
            name = key.extracting(0..<index).withUnsafeBytes { Array($0) }
        }
        if hasLabels { try readLabels(&cursor, format) }
        guard !name.isEmpty else { throw SampleFault("has no name") }
        labels.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for (one, next) in zip(labels, labels.dropFirst()) where one.name == next.name { throw SampleFault("has a label twice") }
    }

    /// Reads what stands in braces.
    private mutating func readLabels(_ cursor: inout ByteCursor, _ format: SampleFormat) throws(SampleFault) {
        cursor.skipBlanks()
        if format == .text, cursor.skip(UInt8(ascii: ",")) { cursor.skipBlanks() }
        var isFirst = true
        while !cursor.skip(UInt8(ascii: "}")) {
            if !isFirst {
                guard cursor.skip(UInt8(ascii: ",")) else { throw SampleFault("has labels without a comma between them") }
                cursor.skipBlanks()
                if format == .text, cursor.skip(UInt8(ascii: "}")) { return }
            }
            isFirst = false
            try readLabel(&cursor)
            cursor.skipBlanks()
        }
    }

    private mutating func readLabel(_ cursor: inout ByteCursor) throws(SampleFault) {
        let isQuoted = cursor.peek == UInt8(ascii: "\"")
        let label = isQuoted ? try Self.quoted(&cursor) : try Self.word(&cursor)
        cursor.skipBlanks()
        guard cursor.skip(UInt8(ascii: "=")) else {
            // A name that has other than Latin letters stands among the labels.
            guard isQuoted else { throw SampleFault("has a label without a value") }
            return try set(name: label)
        }
        cursor.skipBlanks()
        guard cursor.peek == UInt8(ascii: "\"") else { throw SampleFault("has a label's value without quotes") }
        let value = try Self.quoted(&cursor)
        if label.elementsEqual("__name__".utf8) { return try set(name: value) }
        guard !label.isEmpty, !label.starts(with: "__".utf8) else { throw SampleFault("has a label's name that is none") }
        labels.append((label, value))
    }

    private mutating func set(name: [UInt8]) throws(SampleFault) {
        guard self.name.isEmpty, !name.isEmpty else { throw SampleFault("has its name twice, or an empty one") }
        self.name = name
    }

    private static func word(_ cursor: inout ByteCursor) throws(SampleFault) -> [UInt8] {
        let first = cursor.offset
        var index = first
        while index < cursor.end, cursor.byte(index) != UInt8(ascii: "="), !isBlank(cursor.byte(index)) { index += 1 }
        guard cursor.isMetricName(first..<index) else { throw SampleFault("has a label's name that is none") }
        cursor.move(to: index)
        return cursor.bytes.extracting(first..<index).withUnsafeBytes { Array($0) }
    }

    private static func quoted(_ cursor: inout ByteCursor) throws(SampleFault) -> [UInt8] {
        let start = cursor.offset + 1
        guard cursor.skipQuoted() else { throw SampleFault("has a quote that doesn't end") }
        return unescaped(cursor.bytes.extracting(start..<cursor.offset - 1))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// What stands between quotes: `\\`, `\"` and `\n` are escapes, any other backslash is itself.
    static func unescaped(_ bytes: RawSpan) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.byteCount)
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let next = index + 1 < bytes.byteCount ? bytes.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self) : 0
            index += 1
            switch (byte, next) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "n")): out.append(UInt8(ascii: "\n"))
            case (UInt8(ascii: "\\"), UInt8(ascii: "\\")), (UInt8(ascii: "\\"), UInt8(ascii: "\"")): out.append(next)
            default:
                out.append(byte)
                continue
            }
            index += 1
        }
        return out
    }

    /// Where name and labels of a sample's line end; `nil` when the labels don't.
    static func end(of line: RawSpan, _ format: SampleFormat) -> Int? {
        var cursor = ByteCursor(line)
        var index = 0
        while index < cursor.end, cursor.byte(index) != UInt8(ascii: "{"), !isBlank(cursor.byte(index)) { index += 1 }
        let name = index
        // In the lax format blanks may stand before the labels.
        while format == .text, index < cursor.end, isBlank(cursor.byte(index)) { index += 1 }
        guard index < cursor.end, cursor.byte(index) == UInt8(ascii: "{") else { return name }
        cursor.move(to: index + 1)
        while let byte = cursor.peek {
            if byte == UInt8(ascii: "}") { return cursor.offset + 1 }
            if byte != UInt8(ascii: "\"") {
                cursor.move(to: cursor.offset + 1)
            } else if !cursor.skipQuoted() {
                return nil
            }
        }
        return nil
    }
}
