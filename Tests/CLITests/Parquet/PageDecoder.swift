/// Reads what the encoders write, by the format's definition alone.
struct PageDecoder {
    private let bytes: [UInt8]
    private(set) var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func byte() throws -> UInt8 {
        guard index < bytes.count else { throw Short() }
        index += 1
        return bytes[index - 1]
    }

    struct Short: Error {}

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { break }
        }
        return value
    }

    mutating func zigzag() throws -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Numbers of some bits each, the lowest bit first.
    mutating func packed(count: Int, width: Int) throws -> [UInt64] {
        var bits: [UInt8] = []
        for _ in 0..<(count * width + 7) / 8 {
            let byte = try byte()
            bits += (0..<8).map { byte >> $0 & 1 }
        }
        return (0..<count).map { number in
            (0..<width).reduce(UInt64(0)) { $0 | UInt64(bits[number * width + $1]) << UInt64($1) }
        }
    }

    mutating func hybrid(count: Int, width: Int) throws -> [UInt64] {
        var values: [UInt64] = []
        while values.count < count {
            let head = try varint()
            if head & 1 == 1 {
                values += try packed(count: Int(head >> 1) * 8, width: width)
            } else {
                var value: UInt64 = 0
                for place in 0..<(width + 7) / 8 { value |= UInt64(try byte()) << UInt64(place * 8) }
                values += [UInt64](repeating: value, count: Int(head >> 1))
            }
        }
        return Array(values.prefix(count))
    }

    mutating func delta() throws -> [UInt64] {
        let (block, quarters, count) = (Int(try varint()), Int(try varint()), Int(try varint()))
        var values = [UInt64(bitPattern: try zigzag())]
        while values.count < count {
            let least = UInt64(bitPattern: try zigzag())
            let widths = try (0..<quarters).map { _ in Int(try byte()) }
            for width in widths where values.count < count {
                for number in try packed(count: block / quarters, width: width) where values.count < count {
                    values.append((values.last ?? 0) &+ least &+ number)
                }
            }
        }
        return count == 0 ? [] : values
    }

    /// Snappy's block format.
    mutating func snappy() throws -> [UInt8] {
        let length = Int(try varint())
        var out: [UInt8] = []
        while out.count < length {
            let tag = try byte()
            var offset = 0
            var size = Int(tag >> 2) + 1
            switch tag & 3 {
            case 0:
                if size > 60 {
                    let more = size - 60
                    size = 1
                    for place in 0..<more { size += Int(try byte()) << (place * 8) }
                }
                for _ in 0..<size { out.append(try byte()) }
                continue
            case 1:
                size = Int(tag >> 2 & 7) + 4
                offset = Int(tag >> 5) << 8 | Int(try byte())
            default:
                offset = Int(try byte())
                offset |= Int(try byte()) << 8
            }
            guard offset > 0, offset <= out.count else { throw Short() }
            for _ in 0..<size { out.append(out[out.count - offset]) }
        }
        return out
    }
}
