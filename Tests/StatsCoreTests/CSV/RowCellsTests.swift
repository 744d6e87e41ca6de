import TestSupport
import Testing

@testable import StatsCore

@Suite("Cells of a row") struct RowCellsTests {
    private static func cells(_ row: [UInt8], _ columns: [Int], isPlain: Bool, behind before: [UInt8]) -> [String] {
        var cells = RowCells(columns: columns)
        cells.find(in: before.span.bytes, isPlain: true)
        cells.find(in: row.span.bytes, isPlain: isPlain)
        return columns.indices.map { cells.text($0, of: row.span.bytes) }
    }

    @Test("A row without quotes has the same cells, whether it is gone through by commas or byte by byte", arguments: 0..<200)
    func plain(seed: UInt64) {
        var random = SeededRandom(state: seed)
        let before = Array("a longer row,with,some,cells,,,of,it".utf8)
        let alphabet: [UInt8] = [0x2c, 0x2c, 0x2d, 0x2b, 0xac, 0xad, 0x00, 0x80, 0x61, 0x7f]
        let row = (0..<Int.random(in: 0...70, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        let columns = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...25, using: &random) }.sorted()
        let byCommas = Self.cells(row, columns, isPlain: true, behind: before)
        #expect(byCommas == Self.cells(row, columns, isPlain: false, behind: before), "\(row) \(columns)")
    }
}
