import Testing

@testable import StatsCore

@Suite("A row of CSV") struct CSVRowShapeTests {
    private func shape(_ text: String, isLast: Bool = true) -> CSVRowShape? {
        Array(text.utf8).withUnsafeBytes { CSVRowShape($0, isLast: isLast) }
    }

    @Test(
        "A row's end and its fields are found, and what is wrong with it",
        arguments: [
            ("a,b\nc", 4, 2, nil), ("\n", 1, 1, nil), (",,\n", 3, 3, nil), ("a,b", 3, 2, .noLineFeed), ("\"a,\nb\",c\nd", 9, 2, nil),
            ("\"\"\"\"\n", 5, 1, nil), ("\"\",\"\"\n", 6, 2, nil), ("a\"b\n", 4, 1, .strayQuote), ("\"a\"b,c\n", 7, 2, .strayQuote),
            ("\"a,\nb", 5, 1, .openQuote), ("a,b\r\n", 5, 2, .carriageReturn), ("ü,\"é\"\n", 8, 2, nil),
        ] as [(String, Int, Int, CSVFault?)])
    func shapes(text: String, stride: Int, fields: Int, fault: CSVFault?) throws {
        let found = try #require(shape(text))
        #expect((found.stride, found.fieldCount, found.fault) == (stride, fields, fault))
    }

    @Test("Bytes that are not UTF-8 are a fault", arguments: [[0xff], [0x22, 0xc3, 0x22], [0x61, 0xed, 0xa0, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let shape = (bytes + [0x0a]).withUnsafeBytes { CSVRowShape($0, isLast: true) }
        #expect(shape?.fault == .notUTF8)
    }

    @Test("A row that is cut anywhere waits for the rest, and is then the same", arguments: ["a,b,c\n", "\"a,\"\"\n\",b,\"\"\n"])
    func cutAnywhere(row: String) throws {
        let whole = try #require(shape(row + "x", isLast: false))
        #expect(whole.stride == row.utf8.count)
        for length in 0..<row.utf8.count { #expect(shape(String(row.prefix(length)), isLast: false) == nil) }
    }
}
