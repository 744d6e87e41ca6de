/// Checks that bytes are JSON (RFC 8259) of bounded depth and finds the members of an object, without building anything.
///
/// `validate` looks at every byte once. The other methods rely on it: they don't check the grammar again.
package struct JSONScanner: ~Escapable {
    /// How deep objects and arrays may nest.
    package static let depthLimit = 16

    package private(set) var cursor: ByteCursor

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, at offset: Int = 0) { cursor = ByteCursor(bytes, at: offset) }

    /// Checks a whole text: valid UTF-8, one JSON object, nothing behind it, at most `depthLimit` deep.
    /// - Parameter orArray: an array will do, too.
    package static func validate(_ bytes: RawSpan, orArray: Bool = false) throws(JSONFault) {
        let isUTF8 = bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
        }
        guard isUTF8 else { throw .notUTF8 }
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        let first = scanner.cursor.peek
        guard first == UInt8(ascii: "{") || orArray && first == UInt8(ascii: "[") else {
            throw .notObject(offset: scanner.cursor.offset)
        }
        try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.cursor.isAtEnd else { throw .notObject(offset: scanner.cursor.offset) }
    }

    /// Calls `body` with each member of the object under the cursor: the key's bytes between the quotes (escapes left as they
    /// are) and the range of the value. The bytes must have been validated.
    package mutating func members<Failure: Error>(
        _ body: (_ key: Range<Int>, _ value: Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        skipSpace()
        guard cursor.skip(UInt8(ascii: "{")) else { return }
        skipSpace()
        if cursor.skip(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            let key = skipped()
            skipSpace()
            _ = cursor.skip(UInt8(ascii: ":"))
            skipSpace()
            let value = skipped()
            try body(key.lowerBound + 1..<key.upperBound - 1, value)
            skipSpace()
        } while cursor.skip(UInt8(ascii: ","))
        _ = cursor.skip(UInt8(ascii: "}"))
    }

    /// Calls `body` with the range of each element of the array under the cursor. The bytes must have been validated.
    package mutating func elements<Failure: Error>(_ body: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
        skipSpace()
        guard cursor.peek == UInt8(ascii: "[") else { return }
        while let element = nextElement() { try body(element) }
        _ = cursor.skip(UInt8(ascii: "]"))
    }

    /// The range of the next element of an array, and moves behind it. The cursor stands before the array, or behind an element of it.
    /// - Returns: `nil` behind the last one.
    package mutating func nextElement() -> Range<Int>? {
        skipSpace()
        guard cursor.skip(UInt8(ascii: "[")) || cursor.skip(UInt8(ascii: ",")) else { return nil }
        skipSpace()
        return cursor.peek == UInt8(ascii: "]") ? nil : skipped()
    }

    // MARK: Validation

    private mutating func value(depth: Int) throws(JSONFault) {
        guard let first = cursor.peek else { throw unexpected }
        switch first {
        case UInt8(ascii: "{"): try object(depth: depth + 1)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) {
        guard depth <= Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit) }
        _ = cursor.skip(UInt8(ascii: "{"))
        skipSpace()
        if cursor.skip(UInt8(ascii: "}")) { return }
        while true {
            skipSpace()
            guard cursor.peek == UInt8(ascii: "\"") else { throw unexpected }
            try string()
            skipSpace()
            guard cursor.skip(UInt8(ascii: ":")) else { throw unexpected }
            skipSpace()
            try value(depth: depth)
            skipSpace()
            if cursor.skip(UInt8(ascii: ",")) { continue }
            guard cursor.skip(UInt8(ascii: "}")) else { throw unexpected }
            return
        }
    }

    private mutating func array(depth: Int) throws(JSONFault) {
        guard depth <= Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit) }
        _ = cursor.skip(UInt8(ascii: "["))
        skipSpace()
        if cursor.skip(UInt8(ascii: "]")) { return }
        while true {
            skipSpace()
            try value(depth: depth)
            skipSpace()
            if cursor.skip(UInt8(ascii: ",")) { continue }
            guard cursor.skip(UInt8(ascii: "]")) else { throw unexpected }
            return
        }
    }

    private mutating func string() throws(JSONFault) {
        var index = cursor.offset + 1
        while index < cursor.end {
            let byte = cursor.byte(index)
            if byte == UInt8(ascii: "\"") { return cursor.move(to: index + 1) }
            if byte < 0x20 { throw .notObject(offset: index) }
            if byte == UInt8(ascii: "\\") {
                guard let length = escapeLength(at: index) else { throw .notObject(offset: index) }
                index += length
            } else {
                index += 1
            }
        }
        throw .notObject(offset: index)
    }

    private func escapeLength(at index: Int) -> Int? {
        guard index + 1 < cursor.end else { return nil }
        switch cursor.byte(index + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard index + 5 < cursor.end else { return nil }
            for digit in index + 2...index + 5 where Hexadecimal.value(cursor.byte(digit)) == nil { return nil }
            return 6
        default:
            return nil
        }
    }

    private mutating func literal(_ text: StaticString) throws(JSONFault) {
        let range = cursor.offset..<cursor.offset + text.utf8CodeUnitCount
        guard cursor.matches(range, text) else { throw unexpected }
        cursor.move(to: range.upperBound)
    }

    private mutating func number() throws(JSONFault) {
        _ = cursor.skip(UInt8(ascii: "-"))
        let leadingZero = cursor.peek == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !(leadingZero && whole > 1) else { throw unexpected }
        if cursor.skip(UInt8(ascii: ".")) {
            guard digits() > 0 else { throw unexpected }
        }
        if cursor.skip(UInt8(ascii: "e")) || cursor.skip(UInt8(ascii: "E")) {
            if !cursor.skip(UInt8(ascii: "+")) { _ = cursor.skip(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw unexpected }
        }
    }

    @inline(__always) private mutating func digits() -> Int {
        var index = cursor.offset
        while index < cursor.end, cursor.byte(index) &- UInt8(ascii: "0") < 10 { index += 1 }
        defer { cursor.move(to: index) }
        return index - cursor.offset
    }

    private var unexpected: JSONFault { .notObject(offset: cursor.offset) }

    // MARK: Moving over validated bytes

    @inline(__always) private mutating func skipSpace() {
        var index = cursor.offset
        while index < cursor.end {
            let byte = cursor.byte(index)
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
            index += 1
        }
        cursor.move(to: index)
    }

    /// Moves behind the value under the cursor and returns its range.
    private mutating func skipped() -> Range<Int> {
        let start = cursor.offset
        var index = start
        var depth = 0
        var inString = false
        scan: while index < cursor.end {
            let byte = cursor.byte(index)
            if inString {
                if byte == UInt8(ascii: "\\") {
                    index += 2
                    continue
                }
                if byte == UInt8(ascii: "\"") {
                    inString = false
                    if depth == 0 {
                        index += 1
                        break
                    }
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { break scan }
                    depth -= 1
                    if depth == 0 {
                        index += 1
                        break scan
                    }
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0a, 0x0d, 0x09:
                    if depth == 0 { break scan }
                default: break
                }
            }
            index += 1
        }
        cursor.move(to: index)
        return start..<cursor.offset
    }
}
