import StatsCore

/// Of each node the newest tick that a target has, in a file that survives the process: an agent sends again what this collector had not written when it was killed.
///
///     for each node: 8 bytes FNV-1a of its name, 8 the instant in microseconds since 1970, 4 CRC-32C of these, 4 zeros; little-endian
struct TimesFile: ~Copyable {
    private static let entryBytes = 24
    private static let longest: UInt64 = 64 << 20

    private let file: Descriptor
    private var bytes: [UInt8]
    private var places: [UInt64: Int] = [:]
    private var changed: Range<Int>?

    /// - Throws: `DiskError`.
    init(in directory: borrowing Descriptor, name: String) throws(DiskError) {
        let file = try directory.fileOrNew(name)
        bytes = try file.contents(limit: Self.longest)
        self.file = file
        bytes.removeLast(bytes.count % Self.entryBytes)
        for place in stride(from: 0, to: bytes.count, by: Self.entryBytes) where isWhole(place) { places[word(at: place)] = place }
    }

    /// Of a node's newest tick, in microseconds; `nil` where none is known.
    subscript(node: String) -> Int64? { places[FNV1a.of(node)].map { Int64(bitPattern: word(at: $0 + 8)) } }

    /// Notes that the target has a tick.
    mutating func note(_ node: String, _ time: Int64) {
        let hash = FNV1a.of(node)
        let place = places[hash] ?? bytes.count
        if place == bytes.count {
            places[hash] = place
            bytes += [UInt8](repeating: 0, count: Self.entryBytes)
            put(hash, at: place)
        }
        put(UInt64(bitPattern: time), at: place + 8)
        put(UInt64(sum(at: place)), at: place + 16)
        let range = place..<place + Self.entryBytes
        changed = min(range.lowerBound, changed?.lowerBound ?? .max)..<max(range.upperBound, changed?.upperBound ?? 0)
    }

    /// Writes what was noted, where it survives the process.
    /// - Throws: `DiskError`.
    mutating func write() throws(DiskError) {
        guard let range = changed else { return }
        try file.write(bytes.span.bytes.extracting(range), at: UInt64(range.lowerBound))
        changed = nil
    }

    private func isWhole(_ place: Int) -> Bool { word(at: place + 16) == UInt64(sum(at: place)) }

    private func sum(at place: Int) -> UInt32 { CRC32C.checksum(bytes.span.bytes.extracting(place..<place + 16)) }

    private func word(at place: Int) -> UInt64 {
        UInt64(littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    private mutating func put(_ word: UInt64, at place: Int) {
        for byte in 0..<8 { bytes[place + byte] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte))) }
    }
}
