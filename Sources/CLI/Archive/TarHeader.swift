/// A header of a tar archive: a block of 512 bytes before each file (POSIX.1-2017, pax, *ustar Interchange Format*).
struct TarHeader: Equatable {
    static let blockSize = 512
    /// Sizes and times of more digits stand in an extended header.
    static let highestNumber: UInt64 = 0o777_7777_7777

    enum Kind: UInt8 {
        case file = 0x30
        case directory = 0x35
        /// An extended header, of the next file or of all files that follow (POSIX `x` and `g`).
        case extended = 0x78
        case global = 0x67
        /// What GNU tar, in its own format, writes before a file whose name is long: the name, up to a NUL.
        case longName = 0x4c
    }

    /// Why a block is no header that is taken.
    struct Fault: Error, Equatable { let reason: String }

    var name: String
    var kind = Kind.file
    var size: UInt64
    /// Seconds since 1970.
    var modified: UInt64

    // MARK: Writing

    /// The block. A number that has no room in it is written as 0, and an extended header says it.
    /// - Throws: `Fault` for a name that has no room.
    func block() throws(Fault) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        let (prefix, rest) = try Self.split(name)
        Self.put(Array(rest.utf8), at: 0, in: &block)
        Self.put(Array("0000644\0".utf8), at: 100, in: &block)
        for place in [108, 116, 329, 337] { Self.put(Array("0000000\0".utf8), at: place, in: &block) }
        Self.put(Self.octal(size, digits: 11), at: 124, in: &block)
        Self.put(Self.octal(modified, digits: 11), at: 136, in: &block)
        block[156] = kind.rawValue
        Self.put(Array("ustar\u{0}00".utf8), at: 257, in: &block)
        Self.put(Array(prefix.utf8), at: 345, in: &block)
        Self.put(Self.octal(Self.sum(block), digits: 6) + [0, 0x20], at: 148, in: &block)
        return block
    }

    private static func put(_ bytes: [UInt8], at place: Int, in block: inout [UInt8]) {
        block.replaceSubrange(place..<place + bytes.count, with: bytes)
    }

    private static func octal(_ number: UInt64, digits: Int) -> [UInt8] {
        let text = String(number > highestNumber ? 0 : number, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }

    /// A name of up to 100 bytes, and what stands before its last `/` where it is longer.
    private static func split(_ name: String) throws(Fault) -> (prefix: Substring, rest: Substring) {
        if name.utf8.count <= 100 { return ("", name[...]) }
        for slash in name.indices where name[slash] == "/" {
            let (prefix, rest) = (name[..<slash], name[name.index(after: slash)...])
            if prefix.utf8.count <= 155, (1...100).contains(rest.utf8.count) { return (prefix, rest) }
        }
        throw Fault(reason: "the name \(name) is too long for an archive")
    }

    // MARK: Reading

    /// Reads a block that isn't all zeros.
    init(_ block: [UInt8]) throws(Fault) {
        guard block.count == Self.blockSize, let claimed = Self.number(block[148..<156]) else { throw Fault(reason: "it is no header") }
        // The only bytes that the sum doesn't cover are its own: six digits, NUL and a blank, whoever writes them.
        guard claimed == Self.sum(block), block[154] == 0, block[155] == 0x20 else {
            throw Fault(reason: "its checksum doesn't fit its bytes")
        }
        guard block[257..<262].elementsEqual("ustar".utf8) else {
            throw Fault(reason: "the archive is of the format before ustar")
        }
        guard let kind = Kind(rawValue: block[156] == 0 ? Kind.file.rawValue : block[156]) else {
            throw Fault(reason: Self.refusal(of: block[156]))
        }
        guard let size = Self.number(block[124..<136]), let modified = Self.number(block[136..<148]) else {
            throw Fault(reason: "its size or time is no number")
        }
        (self.kind, self.size, self.modified) = (kind, size, modified)
        let name = try Self.text(block[0..<100])
        // GNU tar's own format has other things in place of the prefix.
        let prefix = block[262] == 0 ? try Self.text(block[345..<500]) : ""
        self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    init(name: String, kind: Kind = .file, size: UInt64, modified: UInt64) {
        (self.name, self.kind, self.size, self.modified) = (name, kind, size, modified)
    }

    private static func refusal(of type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "1"), UInt8(ascii: "2"): "it is a link, which no archive of runs holds"
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): "it is a device or a FIFO, which no archive of runs holds"
        default: "it is of a type that no archive of runs holds"
        }
    }

    /// The sum of all bytes, of which those of the sum itself count as blanks.
    private static func sum(_ block: [UInt8]) -> UInt64 {
        var sum: UInt64 = 0
        for index in block.indices { sum += (148..<156).contains(index) ? 0x20 : UInt64(block[index]) }
        return sum
    }

    /// Octal digits that end in a blank or NUL; or, as GNU tar writes large ones, a number in base 256.
    private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard let first = field.first else { return nil }
        if first == 0x80 {
            guard field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard !digits.isEmpty, field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - 0x30) }
    }

    static func text(_ field: ArraySlice<UInt8>) throws(Fault) -> String {
        guard let text = String(validating: field.prefix { $0 != 0 }, as: UTF8.self) else { throw Fault(reason: "its name is no UTF-8") }
        return text
    }
}
