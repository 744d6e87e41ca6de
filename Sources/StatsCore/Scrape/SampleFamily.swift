/// The family that the lines `HELP` and `TYPE` have begun, as far as it says the type of the samples that follow.
struct SampleFamily: Sendable {
    private var name: [UInt8] = []
    private(set) var type = SampleType.unknown
    /// Tells families apart, from one answer to the next; 0 where no type is told.
    private(set) var identity = 0

    /// Goes out of the family: a sample of another one has followed.
    mutating func end() {
        name.removeAll(keepingCapacity: true)
        (type, identity) = (.unknown, 0)
    }

    func contains(_ sample: [UInt8], _ format: SampleFormat) -> Bool {
        identity != 0
            && type.suffixes(format).contains { suffix in
                sample.count == name.count + suffix.utf8CodeUnitCount && sample.starts(with: name)
                    && suffix.withUTF8Buffer { sample.suffix($0.count).elementsEqual($0) }
            }
    }

    /// Takes a line that begins with `#`.
    mutating func take(_ line: RawSpan, _ format: SampleFormat) throws(SampleFault) {
        var cursor = ByteCursor(line)
        let isStrict = format == .openMetrics
        let mark = cursor.token(isStrict)
        let keyword = cursor.token(isStrict)
        let (isHelp, isType) = (cursor.matches(keyword, "HELP"), cursor.matches(keyword, "TYPE"))
        guard isHelp || isType || isStrict && cursor.matches(keyword, "UNIT") else {
            if isStrict { throw SampleFault("is neither HELP, TYPE, UNIT nor EOF") }
            return
        }
        if isStrict ? !cursor.matches(mark, "#") : cursor.holdsQuote(mark) {
            if isStrict { throw SampleFault("doesn't begin with '# '") }
            return
        }
        let name = cursor.peek == UInt8(ascii: "\"") ? try quoted(&cursor, isStrict) : cursor.token(isStrict)
        if name.isEmpty {
            if isType || isStrict { throw SampleFault("names no family") }
            return end()
        }
        guard cursor.byte(name.lowerBound) == UInt8(ascii: "\"") || cursor.isMetricName(name) else {
            throw SampleFault("has a family's name that is none")
        }
        begin(line.extracting(name))
        if isStrict, !cursor.hasMore { throw SampleFault("says nothing of its family") }
        guard isType else { return }
        let rest = line.extracting(cursor.offset..<line.byteCount)
        guard let type = SampleType(rest, format) else { throw SampleFault("has no type that Prometheus knows") }
        self.type = type
        var hasher = Hasher()
        self.name.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(type)
        hasher.combine(format)
        identity = type == .unknown ? 0 : hasher.finalize() | 1
    }

    /// Goes on with the family, unless that is the one which has begun already.
    private mutating func begin(_ name: RawSpan) {
        if name.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == UInt8(ascii: "\"") {
            let meant = SampleLabels.unescaped(name.extracting(1..<name.byteCount - 1))
            if meant == self.name { return }
            end()
            self.name = meant
        } else if !name.withUnsafeBytes({ $0.elementsEqual(self.name) }) {
            end()
            name.withUnsafeBytes { self.name.append(contentsOf: $0) }
        }
    }

    private func quoted(_ cursor: inout ByteCursor, _ isStrict: Bool) throws(SampleFault) -> Range<Int> {
        let start = cursor.offset
        guard cursor.skipQuoted() else { throw SampleFault("has a quote that doesn't end") }
        let end = cursor.offset
        guard cursor.isAtEnd || cursor.isBlank else { throw SampleFault("goes on behind a quote") }
        if isStrict { _ = cursor.skip(UInt8(ascii: " ")) } else { cursor.skipBlanks() }
        return start..<end
    }
}

extension ByteCursor {
    var isBlank: Bool { peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") }

    /// Whether something may follow behind a token, if only nothing.
    fileprivate var hasMore: Bool { offset > 0 && byte(offset - 1) == UInt8(ascii: " ") }

    /// The bytes up to the next blank, and moves behind that, or in the lax format behind all blanks.
    fileprivate mutating func token(_ isStrict: Bool) -> Range<Int> {
        if !isStrict { skipBlanks() }
        let first = offset
        var index = offset
        while index < end, byte(index) != UInt8(ascii: " "), isStrict || byte(index) != UInt8(ascii: "\t") { index += 1 }
        move(to: index)
        if isStrict { _ = skip(UInt8(ascii: " ")) } else { skipBlanks() }
        return first..<index
    }

    fileprivate func holdsQuote(_ range: Range<Int>) -> Bool { range.contains { byte($0) == UInt8(ascii: "\"") } }

    /// Moves behind a text in quotes, which it stands before; false when the text doesn't end.
    mutating func skipQuoted() -> Bool {
        var index = offset + 1
        while index < end {
            switch byte(index) {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""):
                move(to: index + 1)
                return true
            default: index += 1
            }
        }
        return false
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    func isMetricName(_ range: Range<Int>) -> Bool {
        guard let first = range.first, byte(first) &- UInt8(ascii: "0") > 9 else { return false }
        return range.allSatisfy { index in
            switch byte(index) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
    }
}
