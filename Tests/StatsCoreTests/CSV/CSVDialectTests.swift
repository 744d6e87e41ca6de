import Testing

@testable import StatsCore

@Suite("Sonde's kind of CSV") struct CSVDialectTests {
    private static let texts = [
        "plain", "ä漢", "a,b", "\"", "a\"b\"", "\n", "a\r\nb", " a", "a\t", "=1+1", "'=1", "''", "-", "@x", "'", "a'b", "1.5",
    ]

    private func row(_ fields: [String]) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: fields)
        return out.withUnsafeBytes { Array($0) }
    }

    @Test("Whatever texts a row holds, they come back as they were, and the row is one without a fault")
    func roundTrip() throws {
        let bytes = row(Self.texts + ["", "end"])
        let shape = try #require(bytes.withUnsafeBytes { CSVRowShape($0, isLast: true) })
        #expect(shape.stride == bytes.count && shape.fieldCount == Self.texts.count + 2 && shape.fault == nil)
        #expect(CSVDialect.fields(of: bytes.span.bytes.extracting(0..<shape.length)) == Self.texts + ["", "end"])
    }

    @Test("An empty text and an absent value are two things")
    func absent() {
        var out = ByteWriter()
        out.append(csvField: "")
        #expect(out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == "\"\"")
        #expect(String(decoding: row(["", "a", ""]), as: UTF8.self) == ",a,\n")
    }

    @Test("A cell is found by its column and compared without being taken apart", arguments: texts)
    func cells(text: String) {
        let bytes = row(["first", text, "12.25", ""])
        let line = bytes.span.bytes.extracting(0..<bytes.count - 1)
        var cells = RowCells(columns: [1, 2, 3])
        cells.find(in: line, isPlain: !bytes.contains(CSVDialect.quote))
        let found = (cells.text(0, of: line), cells.holds(text, 0, of: line), cells.holds(text + "x", 0, of: line))
        #expect(found == (text, true, false))
        let number = (cells.number(1, of: line), cells.number(2, of: line), cells.holds("", 2, of: line))
        #expect(number == (12.25, nil, true))
    }

    @Test(
        "Numbers are read as they stand in cells",
        arguments: [
            ("12", 12), ("-3.25", -3.25), ("0.1", 0.1), ("", nil), ("x", nil), ("-", nil), ("1e3", 1000), ("18446744073709551615", 0x1p64),
            ("nan", nil),
        ] as [(String, Double?)])
    func numbers(text: String, number: Double?) {
        var cells = RowCells(columns: [1])
        let row = Array("a,\(text),\"b,c\"".utf8)
        cells.find(in: row.span.bytes, isPlain: false)
        #expect(cells.number(0, of: row.span.bytes) == number)
        #expect(cells.count(0, of: row.span.bytes) == UInt64(text))
    }
}
