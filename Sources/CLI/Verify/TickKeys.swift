import StatsCore

/// Which keys rows of the same node and tick have had. Memory is in proportion to the keys that live at the same time.
struct TickKeys {
    private struct Entry {
        var hash: UInt64 = 0
        var tick: UInt64 = 0
        /// -1 for a free place.
        var node: Int32 = -1
    }

    /// Open addressing. At most half of the places are taken.
    private var entries = [Entry](repeating: Entry(), count: 64)
    private var count = 0
    /// The last ticks that came, by node.
    private var ticks: [UInt64] = []

    /// - Returns: false when this tick of the node has a row of that key already. Ticks before the node's last one are forgotten.
    mutating func insert(_ key: RawSpan, node: Int, tick: UInt64) -> Bool {
        while ticks.count <= node { ticks.append(tick) }
        ticks[node] = tick
        // Of some thousand keys no two have one hash.
        let hash = ByteHash.of(key) &+ UInt64(truncatingIfNeeded: node) &* 0x9e37_79b9_7f4a_7c15
        var place = Self.place(of: hash, entries.count)
        while entries[place].node >= 0 {
            if entries[place].hash == hash, entries[place].node == Int32(node) {
                guard entries[place].tick != tick else { return false }
                entries[place].tick = tick
                return true
            }
            place = (place + 1) & (entries.count - 1)
        }
        entries[place] = Entry(hash: hash, tick: tick, node: Int32(node))
        count += 1
        if 2 * count > entries.count { makeRoom() }
        return true
    }

    private static func place(of hash: UInt64, _ size: Int) -> Int { Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (size - 1) }

    /// Forgets the keys of ticks that are over, and doubles the table if that isn't enough.
    private mutating func makeRoom() {
        let kept = entries.filter { $0.node >= 0 && ticks[Int($0.node)] == $0.tick }
        let size = 4 * kept.count > entries.count ? 2 * entries.count : entries.count
        entries = [Entry](repeating: Entry(), count: size)
        count = kept.count
        for entry in kept {
            var place = Self.place(of: entry.hash, size)
            while entries[place].node >= 0 { place = (place + 1) & (size - 1) }
            entries[place] = entry
        }
    }
}
