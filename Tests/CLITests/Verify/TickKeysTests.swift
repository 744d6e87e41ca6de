import TestSupport
import Testing

@testable import CLI

@Suite("Keys of rows in a tick") struct TickKeysTests {
    private static func insert(_ key: String, _ keys: inout TickKeys, node: Int, tick: UInt64) -> Bool {
        keys.insert(Array(key.utf8).span.bytes, node: node, tick: tick)
    }

    @Test("A key that a tick of a node has twice is found, and one of another tick or node isn't taken for it, however many live")
    func twice() {
        var random = SeededRandom(state: 7)
        var keys = TickKeys()
        for tick: UInt64 in 0..<20 {
            var seen: Set<String> = []
            for _ in 0..<2000 {
                let node = Int.random(in: 0..<30, using: &random)
                // Keys of all lengths, of which each tick has new ones.
                let filler = String(repeating: "k", count: Int.random(in: 0..<20, using: &random))
                let key = filler + "\(Int.random(in: 0..<3000, using: &random))"
                #expect(Self.insert(key, &keys, node: node, tick: tick) == seen.insert("\(node) \(key)").inserted)
            }
        }
    }
}
