/// Reads Snappy's block format (google/snappy, `format_description.txt`).
package enum SnappyReader {
    /// - Parameter limit: of the bytes that it may stand for.
    /// - Returns: `nil` for what isn't Snappy's format, is cut short, or stands for more bytes than `limit`.
    package static func bytes(of block: RawSpan, limit: Int) -> [UInt8]? {
        var at = 0
        guard let length = LEB128.read(block, at: &at, longest: 5), length <= UInt64(limit) else { return nil }
        let total = Int(length)
        let out = [UInt8](unsafeUninitializedCapacity: total) { room, count in
            count = fill(room, total, block, at) ? total : 0
        }
        return out.count == total ? out : nil
    }

    private static func fill(_ room: UnsafeMutableBufferPointer<UInt8>, _ total: Int, _ block: RawSpan, _ start: Int) -> Bool {
        var (at, done) = (start, 0)
        while at < block.byteCount {
            let tag = Int(block.unsafeLoad(fromByteOffset: at, as: UInt8.self))
            at += 1
            if tag & 3 == 0 {
                var size = tag >> 2
                if size >= 60 {
                    guard let number = number(block, size - 59, &at) else { return false }
                    size = number
                }
                size += 1
                guard size <= total - done, size <= block.byteCount - at else { return false }
                block.extracting(at..<at + size).withUnsafeBytes {
                    UnsafeMutableRawPointer(room.baseAddress! + done).copyMemory(from: $0.baseAddress!, byteCount: size)
                }
                at += size
                done += size
            } else {
                let size = tag & 3 == 1 ? (tag >> 2 & 7) + 4 : (tag >> 2) + 1
                guard let low = number(block, [1, 2, 4][tag & 3 - 1], &at) else { return false }
                let offset = tag & 3 == 1 ? low | (tag >> 5) << 8 : low
                guard offset > 0, offset <= done, size <= total - done else { return false }
                // Byte by byte, as it may read what it writes.
                for index in done..<done + size { room[index] = room[index - offset] }
                done += size
            }
        }
        return done == total
    }

    private static func number(_ block: RawSpan, _ bytes: Int, _ at: inout Int) -> Int? {
        guard bytes <= block.byteCount - at else { return nil }
        var value = 0
        for place in 0..<bytes { value |= Int(block.unsafeLoad(fromByteOffset: at + place, as: UInt8.self)) << (8 * place) }
        at += bytes
        return value
    }
}
