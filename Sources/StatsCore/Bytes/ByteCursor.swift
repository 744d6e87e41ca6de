#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads numbers and words from borrowed bytes, without allocating. All parsers of kernel files and frames use it.
///
/// A cursor only moves forward. A method that finds nothing to read returns `nil` and stays where it was,
/// so that a line cut short reads as "absent", never as zero.
package struct ByteCursor: ~Escapable {
    package let bytes: RawSpan
    package private(set) var offset: Int

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    @inline(__always) package var end: Int { bytes.byteCount }
    @inline(__always) package var isAtEnd: Bool { offset >= bytes.byteCount }

    /// The byte under the cursor, without moving.
    @inline(__always) package var peek: UInt8? { isAtEnd ? nil : byte(offset) }

    /// The byte at an absolute offset; the caller has checked the bounds.
    @inline(__always) package func byte(_ index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    /// Moves to an absolute offset, at most to the end.
    package mutating func move(to index: Int) { offset = min(max(index, 0), end) }

    /// Skips blanks and tabs, never a newline.
    @inline(__always) package mutating func skipBlanks() {
        while offset < end {
            let next = byte(offset)
            guard next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") else { return }
            offset += 1
        }
    }

    /// Steps over `expected` if it is next.
    @inline(__always) package mutating func skip(_ expected: UInt8) -> Bool {
        guard peek == expected else { return false }
        offset += 1
        return true
    }

    /// Moves behind the next newline, or to the end.
    @inline(__always) package mutating func skipLine() {
        let start = offset
        guard start < end else { return }
        // memchr looks at many bytes at once: the `intr` line of /proc/stat has kilobytes of numbers that Sonde doesn't read.
        offset = bytes.withUnsafeBytes { all in
            let base = all.baseAddress!
            guard let newline = memchr(base + start, Int32(UInt8(ascii: "\n")), all.count - start) else { return all.count }
            return UnsafeRawPointer(newline) - base + 1
        }
    }

    /// An unsigned decimal after optional blanks. `nil` when no digit follows or when it does not fit in 64 bits.
    @inline(__always) package mutating func decimal() -> UInt64? {
        var index = offset
        while index < end, byte(index) == UInt8(ascii: " ") || byte(index) == UInt8(ascii: "\t") { index += 1 }
        let first = index
        var value: UInt64 = 0
        while index < end {
            let digit = byte(index) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            // 19 digits always fit; only from the 20th on can it overflow.
            if index - first >= 19 {
                let (high, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = high.addingReportingOverflow(UInt64(digit))
                if overflow || carry { return nil }
                value = sum
            } else {
                value = value &* 10 &+ UInt64(digit)
            }
            index += 1
        }
        guard index > first else { return nil }
        offset = index
        return value
    }

    /// A decimal that may carry a minus sign.
    @inline(__always) package mutating func signedDecimal() -> Int64? {
        let start = offset
        skipBlanks()
        let negative = skip(UInt8(ascii: "-"))
        guard let magnitude = decimal(), magnitude <= UInt64(Int64.max) else {
            offset = start
            return nil
        }
        return negative ? -Int64(magnitude) : Int64(magnitude)
    }

    /// A decimal with an optional fraction, such as the kernel's load averages ("0.52") and PSI averages: the nearest number to it where it has up to fifteen digits.
    package mutating func fraction() -> Double? {
        guard let whole = decimal() else { return nil }
        guard skip(UInt8(ascii: ".")) else { return Double(whole) }
        // All digits over a power of ten: a sum of tenths and hundredths is another number.
        var (digits, scale) = (whole, UInt64(1))
        var rest = 0.0
        var place = 0.1
        while let next = peek, next &- UInt8(ascii: "0") < 10 {
            let digit = next &- UInt8(ascii: "0")
            if digits < Self.exact, scale < Self.exact {
                digits = digits * 10 + UInt64(digit)
                scale *= 10
            } else {
                rest += Double(digit) * place / Double(scale)
                place /= 10
            }
            offset += 1
        }
        return Double(digits) / Double(scale) + rest
    }

    /// Below it one more digit still leaves a number that a double holds.
    private static let exact: UInt64 = 100_000_000_000_000

    /// The bytes up to the next blank, tab or newline, after optional blanks; an offset range that is empty at the end of a line.
    @inline(__always) package mutating func word() -> Range<Int> {
        skipBlanks()
        let first = offset
        while offset < end {
            let next = byte(offset)
            if next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == UInt8(ascii: "\n") { break }
            offset += 1
        }
        return first..<offset
    }

    /// The bytes up to `stop` (not included); the cursor then moves behind `stop`. `nil`, without a move, when `stop` isn't on this line.
    @inline(__always) package mutating func field(upTo stop: UInt8) -> Range<Int>? {
        var index = offset
        while index < end {
            let next = byte(index)
            if next == stop {
                defer { offset = index + 1 }
                return offset..<index
            }
            if next == UInt8(ascii: "\n") { return nil }
            index += 1
        }
        return nil
    }

    /// Whether the bytes in `range` are exactly `text`.
    @inline(__always) package func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count == count, range.upperBound <= end else { return false }
        var index = 0
        while index < count {
            if byte(range.lowerBound + index) != text.utf8Start[index] { return false }
            index += 1
        }
        return true
    }

    /// The bytes in `range` as a string; only where a value is read once, never on the hot path.
    package func string(_ range: Range<Int>) -> String {
        bytes.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
