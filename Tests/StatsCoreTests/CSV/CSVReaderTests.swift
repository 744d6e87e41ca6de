import FoundationEssentials
import Testing

@testable import StatsCore

@Suite("The reader of CSV") struct CSVReaderTests {
    /// Lets `body` read a file, which is gone afterwards.
    private func withFile<Value>(_ bytes: [UInt8], _ body: (String) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appending(path: "sonde-csv-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    private func rows(_ text: String, limit: UInt64 = .max) throws -> [[String]] {
        try withFile(Array(text.utf8)) { path in
            var reader = try CSVReader(path: path, limit: limit)
            var rows: [[String]] = []
            while let row = try reader.next() { rows.append(row) }
            return rows
        }
    }

    @Test("A quoted field keeps its commas, quotes and line feeds")
    func quotedFields() throws {
        #expect(try rows("a,\"b,\"\"c\"\"\nd\",\n\"\",e,f") == [["a", "b,\"c\"\nd", ""], ["", "e", "f"]])
    }

    @Test("The last row needs no line feed, and CRLF ends a row too")
    func lineEnds() throws {
        #expect(try rows("a,b\r\nc,d") == [["a", "b"], ["c", "d"]])
        #expect(try rows("a\n") == [["a"]])
        #expect(try rows("") == [])
    }

    @Test("A row that lies across the reader's buffer is read whole")
    func longRows() throws {
        let field = String(repeating: "x", count: 70_000)
        #expect(try rows("\(field),\"\(field)\"\"\"\n1,2\n") == [[field, field + "\""], ["1", "2"]])
    }

    @Test("A row has all its fields, also hundreds of which most are absent", arguments: [1, 239, 240, 241, 480, 1000, 70_000])
    func wide(count: Int) throws {
        try withFile(Array((String(repeating: ",", count: count - 1) + "\n").utf8)) { path in
            var reader = try CSVReader(path: path)
            #expect(try reader.advance())
            #expect(reader.fieldCount == count && reader.fault == nil && reader.fields.count == count)
        }
    }

    @Test("No more is read than the limit says")
    func limit() throws {
        #expect(try rows("a\nb\nc\n", limit: 4) == [["a"], ["b"]])
    }

    @Test("The sums are those of all bytes, also of those behind a row that is too long to be one")
    func sums() throws {
        try withFile(Array("abc".utf8)) { path in
            var reader = try CSVReader(path: path, isSummed: true, isChecked: true)
            #expect(try reader.next() == ["abc"])
            #expect(reader.fault == .noLineFeed)
            #expect(try reader.next() == nil)
            // FIPS 180-2, appendix B.1.
            #expect(reader.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(reader.crc == 0x364b_3fb7)
        }
        try withFile(Array("a\n\"".utf8) + [UInt8](repeating: 0x0a, count: 1 << 20)) { path in
            var long = try CSVReader(path: path, isSummed: true, rowLimit: 1 << 18)
            #expect(try long.next() == ["a"])
            do {
                _ = try long.advance()
                Issue.record("a row without an end was read")
            } catch let error as CSVReader.RowTooLong {
                #expect(error.line == 2)
            }
        }
    }
}
