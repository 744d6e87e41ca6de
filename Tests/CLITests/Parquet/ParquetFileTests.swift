import StatsCore
import Testing

@testable import CLI

/// What foreign readers make of whole files is proved by check_export.py of the integration tests.
@Suite("Parquet files") struct ParquetFileTests {
    /// Encodes one column.
    private static func encode(
        _ kind: ParquetColumn.Kind, _ values: [UInt64?], texts: TextDictionary? = nil, order: [UInt32]? = nil
    ) -> (facts: ChunkFacts, bytes: [UInt8]) {
        var encoder = ChunkEncoder(rows: values.count)
        var out = PageBytes()
        let present = values.map { UInt8($0 == nil ? 0 : 1) }
        let numbers = values.map { $0 ?? 99 }
        let order = order ?? values.indices.map { UInt32($0) }
        let facts = numbers.withUnsafeBufferPointer { numbers in
            present.withUnsafeBufferPointer { present -> ChunkFacts in
                guard let values = numbers.baseAddress, let marks = present.baseAddress else { return ChunkFacts() }
                let column = ParquetValues(values: values, present: marks, rows: numbers.count, texts: texts)
                return encoder.encode(column, kind, order: order, offset: 4, to: &out)
            }
        }
        return (facts, Array(out.bytes))
    }

    private static func word(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

    @Test("A counter is written as differences, what changes rarely by a dictionary, and what is random as it is")
    func encodings() {
        var state: UInt64 = 1
        let random = (0..<1000).map { _ -> UInt64? in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
        #expect(Self.encode(.unsigned, (0..<1000).map { UInt64($0) * 12_345 }).facts.encodings == [.delta, .rle])
        #expect(Self.encode(.unsigned, (0..<1000).map { UInt64($0 / 300) }).facts.encodings == [.plain, .dictionary, .rle])
        #expect(Self.encode(.double, random).facts.encodings == [.plain, .rle])
        #expect(Self.encode(.unsigned, random).facts.encodings == [.plain, .rle])
    }

    @Test("Bounds are those of the column's own type: unsigned beyond the signed range, below zero, and both zeros of doubles")
    func bounds() {
        let unsigned = Self.encode(.unsigned, [5, .max, nil, 1 << 63]).facts
        #expect(unsigned.least == Self.word(5) && unsigned.greatest == Self.word(.max) && unsigned.nulls == 1)
        let signed = Self.encode(.signed, [UInt64(bitPattern: -7), 3]).facts
        #expect(signed.least == Self.word(UInt64(bitPattern: -7)) && signed.greatest == Self.word(3))
        let doubles = Self.encode(.double, [(0.0).bitPattern, (-0.5).bitPattern, (-0.0).bitPattern]).facts
        #expect(doubles.least == Self.word((-0.5).bitPattern) && doubles.greatest == Self.word((0.0).bitPattern))
        let zero = Self.encode(.double, [(0.0).bitPattern]).facts
        #expect(zero.least == Self.word((-0.0).bitPattern) && zero.greatest == Self.word((0.0).bitPattern))
    }

    @Test("Texts are bounded by their bytes, and a very long one is no bound")
    func textBounds() {
        let texts = TextDictionary()
        let names = ["b", "ä", "a", String(repeating: "é", count: 300)]
        let numbers = names.map { name -> UInt64? in Array(name.utf8).withUnsafeBytes { UInt64(texts.number(of: $0)) } }
        let facts = Self.encode(.text, numbers, texts: texts).facts
        #expect(facts.least == Array("a".utf8))
        #expect(facts.greatest == nil)
    }

    @Test("A column without any value has no bounds, and says how many values are absent")
    func empty() {
        let facts = Self.encode(.unsigned, [nil, nil, nil]).facts
        #expect(facts.least == nil && facts.greatest == nil && facts.nulls == 3 && facts.rows == 3)
    }

    @Test("A structure of Thrift is written as its specification says")
    func thrift() {
        var out = ThriftWriter()
        out.field(1, Int32(-1))
        out.field(3, "ab")
        out.field(20, true)
        out.field(21) { $0.field(1, byte: 64) }
        out.field(22, list: [Int32](repeating: 1, count: 16))
        #expect(
            out.finished() == [0x15, 1, 0x28, 2, 97, 98, 0x01, 40, 0x1c, 0x13, 64, 0, 0x19, 0xf5, 16] + [UInt8](repeating: 2, count: 16) + [
                0
            ])
    }
}
