import Testing

@testable import StatsCore

@Suite("Bytes that are read") struct ByteCursorTests {
    @Test("A number that is not there is absent, and the cursor stays")
    func absent() {
        let bytes = Array("  x".utf8)
        var cursor = ByteCursor(bytes.span.bytes)
        #expect(cursor.decimal() == nil)
        #expect(cursor.offset == 0)
    }

    @Test("The largest number is read and the next one is no number")
    func overflow() {
        for (text, value) in [("18446744073709551615", UInt64.max), ("18446744073709551616", nil), ("99999999999999999999", nil)] {
            let bytes = Array(text.utf8)
            var cursor = ByteCursor(bytes.span.bytes)
            #expect(cursor.decimal() == value)
        }
    }

    @Test("Words, fields and lines end where they should")
    func words() {
        let bytes = Array("cpu  12 -3\nnext: 0.52 ".utf8)
        var cursor = ByteCursor(bytes.span.bytes)
        let name = cursor.word()
        let isCPU = cursor.matches(name, "cpu")
        #expect(isCPU)
        #expect(cursor.decimal() == 12)
        #expect(cursor.signedDecimal() == -3)
        #expect(cursor.word().isEmpty)
        cursor.skipLine()
        let key = cursor.field(upTo: UInt8(ascii: ":"))
        let isNext = key.map { $0 == 11..<15 }
        #expect(isNext == true)
        #expect(cursor.fraction() == 0.52)
        #expect(cursor.field(upTo: UInt8(ascii: ":")) == nil)
    }

    @Test("A number with a point is the nearest that there is, as it is read elsewhere, and almost that with more digits than count")
    func fraction() {
        func read(_ text: String) -> Double? {
            let bytes = Array(text.utf8)
            var cursor = ByteCursor(bytes.span.bytes)
            let value = cursor.fraction()
            return cursor.isAtEnd ? value : nil
        }
        for hundredths in 0..<100_000 {
            let text = "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
            guard read(text) == Double(text) else { return #expect(read(text) == Double(text), "\(text)") }
        }
        for text in ["0.000123456789", "2345.678901", "99999999999999.5", "7.", "0.0"] { #expect(read(text) == Double(text), "\(text)") }
        for text in ["0.12345678901234567890123456789", "18446744073709551615.125", "123456789012345678.9"] {
            let (value, nearest) = (read(text) ?? 0, Double(text) ?? 0)
            #expect(abs(value - nearest) <= nearest.ulp, "\(text)")
        }
    }
}

@Suite("Bytes that are written") struct ByteWriterTests {
    private func written(_ body: (inout ByteWriter) -> Void) -> String {
        var out = ByteWriter(capacity: 1)
        body(&out)
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "Whole numbers are written with all their digits",
        arguments: [0, 9, 10, 99, 100, 12345, .max, .max - 1, 10_000_000_000_000_000_000] as [UInt64])
    func whole(value: UInt64) { #expect(written { $0.append(decimal: value) } == "\(value)") }

    @Test("Signed numbers carry their sign")
    func signed() { #expect(written { $0.append(decimal: Int64.min) } == "\(Int64.min)") }

    @Test(
        "Decimals have at most three places and no needless zeros",
        arguments: [
            (0.0, "0"), (50.0, "50"), (49.9996, "50"), (12.5, "12.5"), (-0.125, "-0.125"), (0.001, "0.001"), (-0.0001, "0"),
            (Double.nan, "null"),
            (Double.infinity, "null"), (1e15, "null"),
        ])
    func decimal(value: Double, text: String) { #expect(written { $0.append(decimal: value) } == text) }
}
