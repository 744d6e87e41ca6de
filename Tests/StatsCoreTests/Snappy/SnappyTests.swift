import TestSupport
import Testing

@testable import StatsCore

@Suite("Snappy's block format") struct SnappyTests {
    private static func read(_ bytes: [UInt8], _ limit: Int) -> [UInt8]? { SnappyReader.bytes(of: bytes.span.bytes, limit: limit) }

    @Test("What one writes the other reads, whatever it is", arguments: 1...20)
    func roundTrip(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        var bytes: [UInt8] = []
        while bytes.count < seed * seed * 1000 {
            if random.next() % 2 == 0, !bytes.isEmpty {
                let start = Int(random.next() % UInt64(bytes.count))
                bytes += bytes[start..<min(bytes.count, start + Int(random.next() % 300))]
            } else {
                bytes += (0..<random.next() % 50).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
        }
        let compressed = bytes.withUnsafeBytes { SnappyCompressor().compressed($0) }
        #expect(Self.read(compressed, bytes.count) == bytes)
        #expect(Self.read(compressed, bytes.count - 1) == nil, "it stands for more")
        for cut in stride(from: 0, to: compressed.count, by: max(1, compressed.count / 50)) {
            #expect(Self.read(Array(compressed[..<cut]), 1 << 28) == nil, "cut at \(cut)")
        }
    }

    @Test("A block that says itself what it repeats is read as what was written", arguments: 1...20)
    func block(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        var block = SnappyBlock(capacity: 1)
        for _ in 0..<2 {
            var bytes: [UInt8] = []
            for _ in 0..<seed * 40 {
                block.reserve(5000)
                if random.next() % 3 == 0, bytes.count > 1 {
                    let back = Int(random.next() % UInt64(min(bytes.count, SnappyBlock.reach))) + 1
                    let count = min(back, Int(random.next() % 400) + 1)
                    block.copy(from: bytes.count - back, count)
                    bytes += bytes[bytes.count - back..<bytes.count - back + count]
                } else {
                    let piece = (0..<random.next() % 5000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    piece.withUnsafeBytes { block.put($0) }
                    bytes += piece
                }
                #expect(block.length == bytes.count)
            }
            let written = block.finish { Array($0) }
            #expect(Self.read(written, bytes.count) == bytes)
        }
    }

    @Test("Bytes that aren't the format's are refused")
    func rubbish() {
        for bytes: [UInt8] in [
            [], [5], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [4, 0x01, 0x01], [4, 0x0c, 1, 2, 3, 4, 0x00, 1], [2, 0x02, 0, 0],
        ] {
            #expect(Self.read(bytes, 100) == nil)
        }
        #expect(Self.read([UInt8]([0]), 100) == [])
    }
}
