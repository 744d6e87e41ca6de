import StatsCore
import Testing

@testable import CLI

@Suite("Rows as columns of values") struct RowBatchTests {
    private static let kinds: [ParquetColumn.Kind] = [.instant, .unsigned, .signed, .double, .text]

    /// Parses one row.
    /// - Returns: the bits of each cell, or the number of the first that isn't what its column holds.
    private static func parse(_ row: String, _ kinds: [ParquetColumn.Kind] = kinds) -> Result<[UInt64?], CellFault> {
        let batch = RowBatch(kinds, added: 0, capacity: 4)
        do throws(CellFault) {
            try append(Array(row.utf8), to: batch)
        } catch {
            return .failure(error)
        }
        return .success(kinds.indices.map { batch.bits($0) })
    }

    private static func append(_ row: [UInt8], to batch: RowBatch) throws(CellFault) { try batch.append(row.span.bytes) }

    private static func text(_ cell: String) -> String? {
        let batch = RowBatch([.text, .unsigned], added: 0, capacity: 1)
        do throws(CellFault) {
            try append(Array("\(cell),1".utf8), to: batch)
        } catch {
            return nil
        }
        return batch.text(0).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Cells become the values that they stand for, and empty ones none")
    func cells() {
        let row = Self.parse("2023-11-14T22:13:20.000001Z,18446744073709551615,-9223372036854775808,-12.345,web")
        #expect(row == .success([1_700_000_000_000_001, .max, 1 << 63, (-12.345).bitPattern, 0]))
        #expect(Self.parse(",,,,") == .success([nil, nil, nil, nil, nil]))
        #expect(Self.parse(",0,9223372036854775807,1e-07,") == .success([nil, 0, UInt64(Int64.max), 1e-7.bitPattern, nil]))
    }

    @Test(
        "Doubles are read to the last bit, however they are written",
        arguments: [
            "0", "-0", "0.1", "3.141592653589793", "123456789012345", "1234567890123456789", "0.000123", "99.999", "1e300", "5.", ".5",
        ])
    func doubles(text: String) { #expect(Self.parse(text, [.double]) == .success([Double(text).map(\.bitPattern)])) }

    @Test(
        "A cell that isn't what its column holds is refused, and named",
        arguments: [
            ("yesterday,,,,", 0), (",-1,,,", 1), (",1.5,,,", 1), (",18446744073709551616,,,", 1), (",1x,,,", 1),
            (",,9223372036854775808,,", 2), (",,-,,", 2), (",,,1.2.3,", 3), (",,,nan,", 3), (",,,1e999,", 3), (",,,,\"open", 4),
        ])
    func faults(row: String, column: Int) { #expect(Self.parse(row) == .failure(CellFault(column: column))) }

    @Test(
        "A text comes back as it was: without quotes, without the guard against formulas, and nothing else taken away",
        arguments: [
            ("NA", "NA"), ("007", "007"), ("\"a,b\"", "a,b"), ("\"say \"\"hi\"\"\"", "say \"hi\""), ("\"\"", ""), ("'=1+1", "=1+1"),
            ("''=1+1", "'=1+1"), ("'tis", "'tis"), ("\"'=a,b\"", "=a,b"), ("ünïcode ☃", "ünïcode ☃"), ("\"two\nlines\"", "two\nlines"),
        ])
    func texts(cell: String, meant: String) { #expect(Self.text(cell) == meant) }

    @Test("Texts that come again in another order keep their numbers, also one that begins like another")
    func repeated() throws {
        let batch = RowBatch([.text, .text], added: 0, capacity: 100)
        let names = ["web", "web1", "we", "web", "db", "web1", "web", "web1", "we"]
        for name in names { try Self.append(Array("\(name),x".utf8), to: batch) }
        let column = batch.column(0)
        let read = (0..<names.count).map { row in
            String(decoding: column.texts?[Int(column.values[row])] ?? .init(start: nil, count: 0), as: UTF8.self)
        }
        #expect(read == names && column.texts?.count == 4)
        batch.removeAll()
        try Self.append(Array("db,y".utf8), to: batch)
        #expect(batch.text(0).map { String(decoding: $0, as: UTF8.self) } == "db")
    }
}
