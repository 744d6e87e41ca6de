#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A finite decimal number as JSON and CSV write it, of which no digit is lost: `0.1`, `-12`, `1.5e-30`. The same number always has the same text.
///
/// It is made from a text, digit by digit, without an allocation, and passes through a `Double` only where it has more digits than those need.
package struct NumberText: Sendable {
    /// Zeros that are written in front of or behind the digits of a number; one that would need more has an exponent. Most readers are quicker without.
    private static let zeros = (leading: 12, places: 21)

    private var bytes = InlineArray<48, UInt8>(repeating: 0)
    package private(set) var count = 0

    private init() {}

    /// What a text says that is a number as Python's `float` reads it, but for `_` and digits of other scripts.
    package enum Parsed: Sendable {
        case number(NumberText)
        case nan, plusInfinity, minusInfinity
    }

    /// - Returns: `nil` for a text that is no number, such as one in hexadecimal.
    package static func parse(_ text: RawSpan) -> Parsed? {
        guard let digits = Digits(text) else { return special(text) }
        return digits.isExact ? .number(NumberText(digits)) : rounded(text)
    }

    package init(_ value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var scale: UInt = 1
        while value.magnitude / scale >= 10 { scale *= 10 }
        while scale > 0 {
            append(UInt8(ascii: "0") + UInt8(value.magnitude / scale % 10))
            scale /= 10
        }
    }

    /// Seconds of a span of microseconds.
    package init(seconds microseconds: UInt64) {
        var text = ByteWriter(capacity: 64)
        text.append(decimal: microseconds)
        text.append("e-6")
        self = Digits(text.bytes).map { NumberText($0) } ?? NumberText(0)
    }

    /// The nearest double.
    package var value: Double {
        var digits: UInt64 = 0
        var scale = 1.0
        var isFraction = false
        let first = count > 0 && bytes[0] == UInt8(ascii: "-") ? 1 : 0
        // Up to fifteen digits are a quotient of two numbers that a double holds exactly; the library reads the rest.
        guard count - first <= 15 else { return Double(text) ?? 0 }
        for index in first..<count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit < 10 {
                digits = digits * 10 + UInt64(digit)
                if isFraction { scale *= 10 }
            } else if bytes[index] == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                return Double(text) ?? 0
            }
        }
        return (first == 1 ? -1 : 1) * Double(digits) / scale
    }

    package var text: String { String(decoding: (0..<count).map { bytes[$0] }, as: UTF8.self) }

    @inline(__always) fileprivate subscript(index: Int) -> UInt8 { bytes[index] }

    @inline(__always) private mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    private init(_ digits: Digits) {
        if digits.isNegative { append(UInt8(ascii: "-")) }
        let (length, point) = (digits.count, digits.point)
        if length == 0 {
            append(UInt8(ascii: "0"))
            return
        }
        if point > Self.zeros.places || point < -Self.zeros.leading {
            for place in 0..<length {
                if place == 1 { append(UInt8(ascii: ".")) }
                append(digits[place])
            }
            append(UInt8(ascii: "e"))
            let exponent = NumberText(point - 1)
            for place in 0..<exponent.count { append(exponent[place]) }
            return
        }
        if point <= 0 {
            append(UInt8(ascii: "0"))
            append(UInt8(ascii: "."))
            for _ in point..<0 { append(UInt8(ascii: "0")) }
        }
        for place in 0..<max(length, point) {
            if place == point, point > 0 { append(UInt8(ascii: ".")) }
            append(place < length ? digits[place] : UInt8(ascii: "0"))
        }
    }

    /// Of a number that a double may not hold, or that has more digits than one can.
    private static func rounded(_ text: RawSpan) -> Parsed? {
        let value = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.withCString { strtod($0, nil) }
        if value.isInfinite { return value < 0 ? .minusInfinity : .plusInfinity }
        let shortest = Array("\(value)".utf8)
        let span = shortest.span.bytes
        return Digits(span).map { .number(NumberText($0)) }
    }

    private static func special(_ text: RawSpan) -> Parsed? {
        var cursor = ByteCursor(text)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        if !isNegative { _ = cursor.skip(UInt8(ascii: "+")) }
        let word = cursor.offset..<cursor.end
        guard (3...8).contains(word.count) else { return nil }
        var letters: UInt64 = 0
        for index in word { letters = letters << 8 | UInt64(cursor.byte(index) | 0x20) }
        return switch letters {
        case 0x6e_616e: .nan
        // inf, infinity
        case 0x69_6e66, 0x696e_6669_6e69_7479: isNegative ? .minusInfinity : .plusInfinity
        default: nil
        }
    }
}

/// The digits of a number from the first that isn't zero to the last, and where its point stands among them.
private struct Digits {
    /// A double that is written as short as it can be has 17.
    private static let most = 24

    private var digits = InlineArray<24, UInt8>(repeating: 0)
    private(set) var isNegative = false
    private(set) var count = 0
    /// How many of them stand before the point; below zero, how many zeros stand behind it first.
    private(set) var point = 0

    /// Whether these are all of its digits, and a double holds a number of that size.
    var isExact: Bool { count == 0 || count <= Self.most && abs(point) <= 300 }

    subscript(index: Int) -> UInt8 { digits[index] }

    /// - Parameter text: a sign, digits with a point somewhere, an exponent; nothing else.
    init?(_ text: RawSpan) {
        var cursor = ByteCursor(text)
        isNegative = cursor.skip(UInt8(ascii: "-"))
        if !isNegative { _ = cursor.skip(UInt8(ascii: "+")) }
        var isDigit = false
        var hasPoint = false
        // From the first digit that isn't zero on.
        var seen = 0
        while let byte = cursor.peek {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if byte &- UInt8(ascii: "0") < 10 {
                isDigit = true
                if seen > 0 || byte != UInt8(ascii: "0") {
                    if seen < Self.most { digits[seen] = byte }
                    seen += 1
                    if !hasPoint { point += 1 }
                    if byte != UInt8(ascii: "0") { count = seen }
                } else if hasPoint {
                    point -= 1
                }
            } else {
                break
            }
            cursor.move(to: cursor.offset + 1)
        }
        guard isDigit, readExponent(&cursor), cursor.isAtEnd else { return nil }
    }

    private mutating func readExponent(_ cursor: inout ByteCursor) -> Bool {
        guard let letter = cursor.peek, letter | 0x20 == UInt8(ascii: "e") else { return true }
        cursor.move(to: cursor.offset + 1)
        let isBelow = cursor.skip(UInt8(ascii: "-"))
        if !isBelow { _ = cursor.skip(UInt8(ascii: "+")) }
        let first = cursor.offset
        var exponent = 0
        while let byte = cursor.peek, case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
            // Beyond this nothing is finite but zero.
            exponent = min(exponent * 10 + Int(digit), 1_000_000_000)
            cursor.move(to: cursor.offset + 1)
        }
        point += isBelow ? -exponent : exponent
        return cursor.offset > first
    }
}

extension ByteWriter {
    @inline(__always) mutating func append(_ number: NumberText) {
        for index in 0..<number.count { append(number[index]) }
    }
}
