import StatsCore
import Testing

@Suite("Numbers of as many bytes as they need")
struct LEB128Tests {
    /// The examples of DWARF 5 (figure C.1 and section 7.6) and of protobuf's "Encoding", and both ends.
    private static let examples: [(UInt64, [UInt8])] = [
        (0, [0]), (2, [2]), (127, [0x7f]), (128, [0x80, 1]), (129, [0x81, 1]), (150, [0x96, 1]), (12857, [0xb9, 0x64]),
        (624_485, [0xe5, 0x8e, 0x26]), (UInt64(UInt32.max), [0xff, 0xff, 0xff, 0xff, 0x0f]),
        (.max, [UInt8](repeating: 0xff, count: 9) + [1]),
    ]

    @Test("A number is written as the standards' examples are, and read back", arguments: examples)
    func written(value: UInt64, expected: [UInt8]) {
        var bytes: [UInt8] = []
        LEB128.write(value) { bytes.append($0) }
        #expect(bytes == expected)
        #expect(LEB128.size(of: value) == expected.count)
        if let small = Int(exactly: value) { #expect(LEB128.bytes(small) == expected) }
        var offset = 1
        let behind = [0xaa] + bytes + [0xaa]
        #expect(LEB128.read(behind.span.bytes, at: &offset) == value)
        #expect(offset == 1 + bytes.count, "it stands behind the number")
    }

    @Test("Every power of two, and its neighbours, come back, in as many bytes as are foretold")
    func powers() {
        for value in (0..<64).flatMap({ bit -> [UInt64] in [1 << bit, (1 << bit) - 1, (1 << bit) + 1] }) {
            var bytes: [UInt8] = []
            LEB128.write(value) { bytes.append($0) }
            var offset = 0
            #expect(LEB128.read(bytes.span.bytes, at: &offset) == value)
            #expect(LEB128.size(of: value) == bytes.count)
        }
    }

    @Test("A number that is cut short, or longer than it may be, is none")
    func refused() {
        for (value, bytes) in Self.examples {
            for count in 0..<bytes.count {
                var offset = 0
                #expect(LEB128.read(bytes.span.bytes.extracting(0..<count), at: &offset) == nil, "\(value), \(count) bytes of it")
            }
        }
        var offset = 0
        #expect(LEB128.read([UInt8](repeating: 0x80, count: 20).span.bytes, at: &offset) == nil)
        offset = 0
        #expect(LEB128.read(([0x80, 0x80, 0x80, 0x80, 0x80, 0] as [UInt8]).span.bytes, at: &offset, longest: 5) == nil)
    }

    @Test("Bits beyond the 64th are dropped, as protobuf does")
    func overlong() {
        var offset = 0
        #expect(LEB128.read(([UInt8](repeating: 0xff, count: 9) + [0x7f]).span.bytes, at: &offset) == .max)
    }

    @Test("Signed numbers near zero are small, and each has its own")
    func signed() {
        #expect([0, -1, 1, -2, 2].map(LEB128.zigzag) == [0, 1, 2, 3, 4])
        #expect(LEB128.zigzag(.max) == UInt64.max - 1)
        #expect(LEB128.zigzag(.min) == UInt64.max)
    }
}
