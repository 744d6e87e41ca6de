/// Damages a valid input as a stranger would who knows its form: numbers at the ends of what types hold, fields that are absent, doubled, exchanged or
/// nested, besides bytes that are flipped, cut and doubled.
package struct Mutation {
    private var random: SeededRandom
    private let parts: [[UInt8]]

    /// - Parameter parts: inputs of the same kind, to take parts from.
    package init(_ random: SeededRandom, parts: [[UInt8]]) {
        self.random = random
        self.parts = parts
    }

    package mutating func damage(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        repeat {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3: replaceNumber(in: &bytes)
            case 4: flip(&bytes)
            case 5: cut(&bytes)
            case 6: double(&bytes)
            case 7: removeField(from: &bytes)
            case 8: repeatField(in: &bytes)
            case 9: exchangeFields(in: &bytes)
            case 10: nest(&bytes)
            default: splice(&bytes)
            }
        } while Bool.random(using: &random) && bytes.count < 1 << 16
        return bytes
    }

    /// The ends of what numbers hold, and one beyond.
    private static let numbers = [
        "18446744073709551615", "18446744073709551614", "18446744073709551616", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "9007199254740993", "4294967295", "4294967296", "65536", "-1", "0", "1", "1e308",
        "-1e308",
    ].map { Array($0.utf8) }

    /// What else may stand in the place of a number.
    private static let others = [
        "2147483648", "256", "-0", "1e400", "1e-400", "5e-324", "0.5", "00", "9999999999999999999999999999", "null", "true", "\"\"",
        "\"9\"", "[]",
        "{}", "",
    ].map { Array($0.utf8) }

    /// The input with each of its numbers in turn replaced by each of the ends.
    package static func sweep(_ input: [UInt8]) -> [[UInt8]] {
        numbers(in: input).flatMap { span in numbers.map { Array(input[..<span.lowerBound] + $0 + input[span.upperBound...]) } }
    }

    private static let separators = Set(",:{}[]\n\" =".utf8)

    private mutating func replaceNumber(in bytes: inout [UInt8]) {
        let spans = Self.numbers(in: bytes)
        guard let span = spans.randomElement(using: &random), let number = (Self.numbers + Self.others).randomElement(using: &random)
        else { return }
        bytes.replaceSubrange(span, with: number)
    }

    private mutating func flip(_ bytes: inout [UInt8]) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        if Bool.random(using: &random) {
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        } else {
            bytes[index] = Array("{}[],:\"'\\\n\r\0-+.eE0 \u{7f}".utf8 + [0xff, 0x80, 0xc2]).randomElement(using: &random) ?? 0
        }
    }

    private mutating func cut(_ bytes: inout [UInt8]) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        let length = Bool.random(using: &random) ? bytes.count - index : Int.random(in: 1...32, using: &random)
        bytes.removeSubrange(index..<min(index + length, bytes.count))
    }

    private mutating func double(_ bytes: inout [UInt8]) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        let part = bytes[index..<min(index + Int.random(in: 1...64, using: &random), bytes.count)]
        bytes.insert(contentsOf: Array(part), at: index)
    }

    private mutating func removeField(from bytes: inout [UInt8]) {
        guard let span = field(in: bytes) else { return }
        // With the separator behind it, or without.
        bytes.removeSubrange(span.lowerBound..<min(span.upperBound + Int.random(in: 0...1, using: &random), bytes.count))
    }

    private mutating func repeatField(in bytes: inout [UInt8]) {
        guard let span = field(in: bytes) else { return }
        let part = Array(bytes[span.lowerBound..<min(span.upperBound + 1, bytes.count)])
        for _ in 0...Int.random(in: 0...3, using: &random) { bytes.insert(contentsOf: part, at: span.lowerBound) }
    }

    private mutating func exchangeFields(in bytes: inout [UInt8]) {
        guard let one = field(in: bytes), let other = field(in: bytes) else { return }
        bytes.replaceSubrange(one, with: Array(bytes[other]))
    }

    private mutating func nest(_ bytes: inout [UInt8]) {
        guard let span = field(in: bytes) else { return }
        let depth = Int.random(in: 1...40, using: &random)
        let (open, close) = Bool.random(using: &random) ? ("[", "]") : ("{\"a\":", "}")
        bytes.insert(contentsOf: Array(String(repeating: close, count: depth).utf8), at: span.upperBound)
        bytes.insert(contentsOf: Array(String(repeating: open, count: depth).utf8), at: span.lowerBound)
    }

    private mutating func splice(_ bytes: inout [UInt8]) {
        guard let other = parts.randomElement(using: &random), let index = bytes.indices.randomElement(using: &random),
            let start = other.indices.randomElement(using: &random)
        else { return }
        bytes = Array(bytes[..<index] + other[start...])
    }

    /// What stands between two separators.
    private mutating func field(in bytes: [UInt8]) -> Range<Int>? {
        guard var start = bytes.indices.randomElement(using: &random) else { return nil }
        var end = start
        while start > 0, !Self.separators.contains(bytes[start - 1]) { start -= 1 }
        while end < bytes.count, !Self.separators.contains(bytes[end]) { end += 1 }
        return start..<max(start, end)
    }

    private static func numbers(in bytes: [UInt8]) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            let start = index
            if bytes[index] == UInt8(ascii: "-") { index += 1 }
            let digits = index
            while index < bytes.count, bytes[index] &- 48 < 10 || bytes[index] == UInt8(ascii: ".") { index += 1 }
            if index > digits { spans.append(start..<index) } else { index = start + 1 }
        }
        return spans
    }
}
