/// What stands behind a sample's name and labels: its value, perhaps a timestamp, and in OpenMetrics an exemplar, which is passed over.
enum SampleValue {
    /// - Returns: `nil` where there is no value, or something else; the timestamp in microseconds since 1970.
    static func read(_ line: RawSpan, from start: Int, _ format: SampleFormat) -> (value: NumberText.Parsed, timestamp: Int64?)? {
        var cursor = ByteCursor(line, at: start)
        let isStrict = format == .openMetrics
        guard separate(&cursor, isStrict) || !isStrict && start > 0 && cursor.byte(start - 1) == UInt8(ascii: "}") else { return nil }
        guard let value = NumberText.parse(line.extracting(word(&cursor))) else { return nil }
        if cursor.isAtEnd { return (value, nil) }
        guard separate(&cursor, isStrict) else { return nil }
        var timestamp: Int64?
        if !isStrict || cursor.peek != UInt8(ascii: "#") {
            guard let instant = instant(line.extracting(word(&cursor)), perSecond: isStrict ? 1 : 1000) else { return nil }
            timestamp = instant
            if cursor.isAtEnd { return (value, timestamp) }
            guard isStrict, separate(&cursor, isStrict) else { return nil }
        }
        return isExemplar(line, &cursor) ? (value, timestamp) : nil
    }

    private static func separate(_ cursor: inout ByteCursor, _ isStrict: Bool) -> Bool {
        if isStrict { return cursor.skip(UInt8(ascii: " ")) }
        let start = cursor.offset
        cursor.skipBlanks()
        return cursor.offset > start
    }

    private static func word(_ cursor: inout ByteCursor) -> Range<Int> {
        let first = cursor.offset
        while !cursor.isAtEnd, !cursor.isBlank { cursor.move(to: cursor.offset + 1) }
        return first..<cursor.offset
    }

    /// - Parameter perSecond: how many units of the number a second has.
    private static func instant(_ text: RawSpan, perSecond: Double) -> Int64? {
        guard case .number(let number) = NumberText.parse(text) else { return nil }
        return Int64(clamping: (number.value / perSecond * 1e6).rounded())
    }

    /// `# {labels} value timestamp`
    private static func isExemplar(_ line: RawSpan, _ cursor: inout ByteCursor) -> Bool {
        guard cursor.skip(UInt8(ascii: "#")), cursor.skip(UInt8(ascii: " ")), cursor.peek == UInt8(ascii: "{"),
            case let begin = cursor.offset, let length = SampleLabels.end(of: line.extracting(begin..<line.byteCount), .openMetrics)
        else { return false }
        cursor.move(to: begin + length)
        guard cursor.skip(UInt8(ascii: " ")), NumberText.parse(line.extracting(word(&cursor))) != nil else { return false }
        if cursor.isAtEnd { return true }
        return cursor.skip(UInt8(ascii: " ")) && instant(line.extracting(word(&cursor)), perSecond: 1) != nil && cursor.isAtEnd
    }
}

extension Int64 {
    fileprivate init(clamping value: Double) {
        self = Int64(exactly: value) ?? (value < 0 ? .min : .max)
    }
}
