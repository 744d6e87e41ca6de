extension PageBytes {
    private static let block = 128
    private static let miniblock = 32

    /// How many bytes `put(delta:…)` may need.
    static func deltaLimit(count: Int) -> Int { 40 + (count / block + 1) * (block * 8 + 16) }

    /// Numbers as differences, each from the one before (`DELTA_BINARY_PACKED`): in blocks of 128, of which each quarter has its own width.
    ///
    /// Differences are of 64 bits and wrap around. The least of a block, from which the others are counted, is the least that isn't far below the others: where rows of
    /// another instance begin, a counter falls by much, and one quarter that takes all 64 bits is cheaper than a whole block that does.
    mutating func put(delta values: UnsafePointer<UInt64>, count: Int) {
        put(varint: UInt64(Self.block))
        put(varint: UInt64(Self.block / Self.miniblock))
        put(varint: UInt64(count))
        put(zigzag: Int64(bitPattern: count > 0 ? values[0] : 0))
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.block) { room in
            guard let deltas = room.baseAddress else { return }
            var index = 1
            while index < count {
                let length = min(Self.block, count - index)
                for place in 0..<length { deltas[place] = values[index &+ place] &- values[index &+ place &- 1] }
                put(block: deltas, length)
                index += length
            }
        }
    }

    private mutating func put(block deltas: UnsafeMutablePointer<UInt64>, _ length: Int) {
        let least = Self.least(deltas, length)
        put(zigzag: least)
        for place in 0..<length { deltas[place] &-= UInt64(bitPattern: least) }
        // Quarters behind the last value have no bytes, and the last one that has values is filled up.
        for place in length..<Self.block { deltas[place] = 0 }
        let widths = count
        for _ in 0..<Self.block / Self.miniblock { put(0) }
        for quarter in 0..<(length + Self.miniblock - 1) / Self.miniblock {
            let values = deltas + quarter * Self.miniblock
            var all: UInt64 = 0
            for place in 0..<Self.miniblock { all |= values[place] }
            start[widths + quarter] = UInt8(truncatingIfNeeded: all.bits)
            put(packed: values, count: Self.miniblock, width: all.bits)
        }
    }

    /// The least difference of a block; of those quarters only whose least is near to the others', where that saves bits.
    private static func least(_ deltas: UnsafeMutablePointer<UInt64>, _ length: Int) -> Int64 {
        var least = Int64.max
        var second = Int64.max
        for quarter in 0..<(length + miniblock - 1) / miniblock {
            var own = Int64.max
            for place in quarter * miniblock..<min(length, (quarter + 1) * miniblock) { own = min(own, Int64(bitPattern: deltas[place])) }
            if own < least { (least, second) = (own, least) } else { second = min(second, own) }
        }
        // One quarter has differences far below all others. With 64 bits it takes 256 bytes; else all four take at least the bits of what lies between.
        guard second != .max else { return least }
        let (gap, isOver) = second.subtractingReportingOverflow(least)
        let width = isOver ? 64 : UInt64(gap).bits
        return width > 16 ? second : least
    }
}
