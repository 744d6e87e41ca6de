import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("Rows of a CSV file") struct CSVRowTests {
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

    @Test("The sums are those of all bytes, also of those behind a row that is too long to be one")
    func sums() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("x.csv")
            try VerifyRunBuilder.put(Array("abc".utf8), at: path)
            var reader = try CSVReader(Descriptor.directory(directory.string).file("x.csv"), isSummed: true)
            #expect(try reader.next() == ["abc"])
            #expect(reader.fault == .noLineFeed)
            #expect(try reader.next() == nil)
            // FIPS 180-2, appendix B.1.
            #expect(reader.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(reader.crc == 0x364b_3fb7)

            try VerifyRunBuilder.put(Array("a\n\"".utf8) + [UInt8](repeating: 0x0a, count: 1 << 20), at: path)
            var long = try CSVReader(Descriptor.directory(directory.string).file("x.csv"), isSummed: true, rowLimit: 1 << 18)
            #expect(try long.next() == ["a"])
            do {
                _ = try long.advance()
                Issue.record("a row without an end was read")
            } catch let error as CSVReader.RowTooLong {
                #expect(error.line == 2)
            }
            try long.drain()
            #expect(long.bytesRead == (1 << 20) + 3)
        }
    }

    @Test("No more is read than the limit says")
    func limit() async throws {
        try await TemporaryDirectory.with { directory in
            try VerifyRunBuilder.put(Array("a\nb\nc\n".utf8), at: directory.appending("x.csv"))
            var reader = try CSVReader(Descriptor.directory(directory.string).file("x.csv"), limit: 4)
            #expect(try [reader.next(), reader.next(), reader.next()] == [["a"], ["b"], nil])
            #expect(reader.bytesRead == 4)
        }
    }
}
