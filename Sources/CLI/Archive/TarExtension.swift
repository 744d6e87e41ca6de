/// The records of an extended header: `17 size=123456\n` each (POSIX.1-2017, pax, *pax Extended Header*).
enum TarExtension {
    /// More than any header needs that names a file and its size.
    static let mostBytes: UInt64 = 64 << 10

    static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        // The length counts its own digits.
        while "\(length)\(rest)".utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }

    /// Takes over what the records say of a file.
    static func apply(_ bytes: [UInt8], to header: inout TarHeader) throws(TarHeader.Fault) {
        for (key, value) in try records(bytes) {
            switch key {
            case "path": header.name = value
            case "size":
                guard let size = UInt64(value) else { throw TarHeader.Fault(reason: "its extended header says a size that is no number") }
                header.size = size
            case "linkpath": throw TarHeader.Fault(reason: "its extended header makes it a link")
            case let key where key.hasPrefix("GNU.sparse"):
                throw TarHeader.Fault(reason: "it is stored with holes, which no archive of runs is")
            // Owners, and times of other precision.
            default: break
            }
        }
    }

    private static func records(_ bytes: [UInt8]) throws(TarHeader.Fault) -> [(key: String, value: String)] {
        var records: [(String, String)] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let blank = rest.firstIndex(of: 0x20), let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
                length > blank - rest.startIndex + 1, length <= rest.count,
                let text = String(validating: rest[(blank + 1)..<rest.startIndex + length], as: UTF8.self), text.hasSuffix("\n"),
                let equals = text.firstIndex(of: "=")
            else { throw TarHeader.Fault(reason: "its extended header is damaged") }
            records.append((String(text[..<equals]), String(text[text.index(after: equals)...].dropLast())))
            rest = rest.dropFirst(length)
        }
        return records
    }
}
