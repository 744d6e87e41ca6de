import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: CSV") struct CSVFuzzTests {
    private static let rows = [
        "2026-11-21T08:00:00.000000Z,7,\"a, \"\"b\"\"\",0.5,18446744073709551615,-1e308\n", "a,,\"\",'=1+1,\"line\nfeed\",é\n",
        "1,2,3,4,5,6",
    ].map { Array($0.utf8) }

    @Test("Whatever a row of CSV is, its shape, its fields and its cells are found within it, also in place of a longer row before")
    func rows() async {
        var cells = RowCells(columns: [0, 1, 2, 4, 5])
        await Fuzz.run("row of CSV", Self.rows, count: 3000) { one in
            let shape = one.input.withUnsafeBytes { CSVRowShape($0, isLast: true) }
            let row = one.input.span.bytes.extracting(0..<(shape?.length ?? one.input.count))
            cells.find(in: row, isPlain: shape?.isPlain ?? false)
            for slot in 0..<5 {
                _ = (cells.number(slot, of: row), cells.count(slot, of: row), cells.text(slot, of: row), cells.holds("b", slot, of: row))
            }
            let fields = CSVDialect.fields(of: row)
            guard let shape, shape.fault == nil else { return }
            #expect(fields.count == shape.fieldCount, "\(one.text)")
            for (slot, column) in [0, 1, 2, 4, 5].enumerated() where column < fields.count {
                #expect(cells.text(slot, of: row) == fields[column], "\(one.text)")
            }
        }
    }

    @Test("A quote within a field is text for all who read the row")
    func strayQuote() {
        var cells = RowCells(columns: [0, 1, 2])
        cells.find(in: Array("aaaaaaaa,bbbbbbbb,cccccccc".utf8).span.bytes, isPlain: true)
        let row = Array("a\"b,c".utf8)
        cells.find(in: row.span.bytes, isPlain: false)
        #expect((0..<3).map { cells.text($0, of: row.span.bytes) } == ["a\"b", "c", ""])
    }
}
