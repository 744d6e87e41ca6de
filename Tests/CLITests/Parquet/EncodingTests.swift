import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("Encodings of Parquet") struct EncodingTests {
    private static func bytes(_ limit: Int, _ body: (inout PageBytes) -> Void) -> [UInt8] {
        var page = PageBytes(capacity: 64)
        page.reserve(limit)
        body(&page)
        #expect(page.count <= limit)
        return Array(page.bytes)
    }

    private static func hybrid(_ values: [UInt64], width: Int) -> [UInt8] {
        bytes(PageBytes.hybridLimit(count: values.count, width: width)) { $0.put(hybrid: values, count: values.count, width: width) }
    }

    private static func delta(_ values: [UInt64]) -> [UInt8] {
        bytes(PageBytes.deltaLimit(count: values.count)) { $0.put(delta: values, count: values.count) }
    }

    private static func snappy(_ bytes: [UInt8]) -> [UInt8] {
        let snappy = SnappyCompressor()
        var out = PageBytes(capacity: SnappyCompressor.limit(bytes.count))
        bytes.withUnsafeBytes { out.keep(snappy.compress($0, into: out.start)) }
        #expect(out.count <= SnappyCompressor.limit(bytes.count))
        return Array(out.bytes)
    }

    @Test("The numbers 0 to 7 in three bits each are the bytes of the format's own example")
    func example() { #expect(Self.hybrid(Array(0...7), width: 3) == [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]) }

    @Test("A run of equal numbers takes a few bytes, however long it is")
    func run() { #expect(Self.hybrid([UInt64](repeating: 5, count: 100_000), width: 3) == [0xc0, 0x9a, 0x0c, 5]) }

    @Test("Runs and packed numbers in any order come back as they were", arguments: [1, 2, 3, 7, 8, 9, 15, 17, 31, 32, 33, 48])
    func hybridRoundTrip(width: Int) throws {
        var random = SeededRandom(state: UInt64(width))
        for length in [0, 1, 7, 8, 9, 15, 16, 17, 100, 1000] {
            var values: [UInt64] = []
            while values.count < length {
                let value = random.next() & ((1 << UInt64(width)) - 1)
                values += [UInt64](repeating: value, count: random.next() % 3 == 0 ? Int(random.next() % 40) + 1 : 1)
            }
            values = Array(values.prefix(length))
            var decoder = PageDecoder(Self.hybrid(values, width: width))
            #expect(try decoder.hybrid(count: length, width: width) == values, "\(length) numbers")
            #expect(decoder.isAtEnd)
        }
    }

    @Test("The differences of 1 to 5 are the bytes of the format's own example")
    func deltaExample() {
        // Blocks of 128 in 4 quarters, 5 values, the first is 1; the least difference is 1, and all widths are 0.
        #expect(Self.delta([1, 2, 3, 4, 5]) == [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0])
    }

    @Test("Numbers of any kind come back from their differences", arguments: 0..<8)
    func deltaRoundTrip(kind: Int) throws {
        var random = SeededRandom(state: UInt64(kind))
        for length in [1, 2, 32, 33, 128, 129, 130, 161, 257, 1000] {
            let values = (0..<length).map { place -> UInt64 in
                switch kind {
                case 0: 42
                case 1: UInt64(place) * 1000
                case 2: random.next()
                case 3: (UInt64(place / 100) &<< 60) &+ UInt64(place % 100)
                case 4: UInt64(bitPattern: -Int64(place * place))
                case 5: place % 2 == 0 ? 0 : .max
                case 6: place % 77 == 0 ? 1 << 63 : random.next() % 5
                default: UInt64(length - place)
                }
            }
            var decoder = PageDecoder(Self.delta(values))
            #expect(try decoder.delta() == values, "\(length) numbers")
            #expect(decoder.isAtEnd)
        }
    }

    @Test(
        "A counter that begins anew with each instance costs its few bits, but for the quarter of a block in which the next instance begins"
    )
    func instances() {
        let values = (0..<10_000).map { place -> UInt64 in
            let base = UInt64(place / 500 % 7) * 1_000_000_000_000
            return base + UInt64(place % 500 * 10) + UInt64(place % 3)
        }
        #expect(Self.delta(values).count < 12_000)
    }

    @Test("Whatever is compressed comes back", arguments: 0..<6)
    func snappyRoundTrip(kind: Int) throws {
        var random = SeededRandom(state: UInt64(kind))
        for length in [0, 1, 3, 4, 15, 16, 17, 59, 60, 61, 64, 65, 256, 257, 1000, 65_535, 65_536, 65_537, 200_000] {
            let bytes = (0..<length).map { place -> UInt8 in
                switch kind {
                case 0: 7
                case 1: UInt8(truncatingIfNeeded: place)
                case 2: UInt8(truncatingIfNeeded: random.next())
                case 3: UInt8(truncatingIfNeeded: place % 3 + place / 1000)
                case 4: random.next() % 10 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0
                default: UInt8(truncatingIfNeeded: place / 70)
                }
            }
            var decoder = PageDecoder(Self.snappy(bytes))
            #expect(try decoder.snappy() == bytes, "\(length) bytes")
            #expect(decoder.isAtEnd)
        }
    }

    @Test("What repeats itself becomes small, and what doesn't hardly larger")
    func snappySizes() {
        var random = SeededRandom(state: 1)
        #expect(Self.snappy([UInt8](repeating: 0, count: 1 << 20)).count < 60_000)
        #expect(Self.snappy((0..<1 << 16).map { _ in UInt8(truncatingIfNeeded: random.next()) }).count < (1 << 16) + 100)
    }

    @Test("Numbers get a dictionary only as long as they are few")
    func dictionary() {
        var dictionary = NumberDictionary()
        var indices = [UInt64](repeating: 0, count: 4000)
        let few = (0..<4000).map { UInt64($0 % 50) * 977 }
        let isFew = dictionary.index(few, few.count, into: &indices)
        let count = dictionary.count
        #expect(isFew && count == 50)
        let read = indices.map { dictionary.values[Int($0)] }
        #expect(read == few)
        let many = (0..<4000).map { UInt64($0) }
        let isMany = dictionary.index(many, many.count, into: &indices)
        #expect(!isMany)
    }

    @Test("Texts get a number each, and the text that is expected next is found where it stands in a row")
    func texts() throws {
        let dictionary = TextDictionary()
        let names = (0..<1000).map { "name ü \($0)" }
        func number(_ text: String) -> Int { Array(text.utf8).withUnsafeBytes { dictionary.number(of: $0) } }
        func expected(_ row: String) -> Int? {
            Array(row.utf8).withUnsafeBufferPointer { row in row.baseAddress.flatMap { dictionary.expected($0, row.count)?.number } }
        }
        for (place, name) in names.enumerated() { #expect(number(name) == place) }
        #expect(number("name ü 0") == 0)
        #expect(expected("name ü 1,5") == 1)
        #expect(expected("name ü 2") == 2)
        #expect(expected("name ü 33,") == nil)
        #expect(number("") == 1000 && number("") == 1000)
        #expect(String(decoding: dictionary[999], as: UTF8.self) == "name ü 999")
        dictionary.removeAll()
        #expect(dictionary.count == 0 && number("b") == 0)
    }
}
