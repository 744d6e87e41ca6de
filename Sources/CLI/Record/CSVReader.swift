import SystemPackage

/// Reads a CSV file (RFC 4180) row by row in constant memory, whatever its length.
struct CSVReader: ~Copyable {
    private let file: SystemPackage.FileDescriptor
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var position = 0
    private var end = 0

    /// - Throws: `Errno` when the file can't be opened.
    init(path: FilePath) throws {
        file = try .open(path, .readOnly, options: .closeOnExec)
    }

    deinit { try? file.close() }

    /// The next row's fields; `nil` behind the last. A row may end in LF, CRLF or the file's end; an empty field is an absent value.
    ///
    /// - Throws: `Errno` when reading fails.
    mutating func next() throws -> [String]? {
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var isEmptyRow = true
        while let byte = try readByte() {
            isEmptyRow = false
            switch byte {
            case UInt8(ascii: "\"") where isQuoted:
                // Two of them stand for one; one of them ends the quotation.
                if try peek() == UInt8(ascii: "\"") {
                    position += 1
                    field.append(byte)
                } else {
                    isQuoted = false
                }
            case UInt8(ascii: "\"") where field.isEmpty:
                isQuoted = true
            case UInt8(ascii: ",") where !isQuoted:
                fields.append(String(decoding: field, as: UTF8.self))
                field.removeAll(keepingCapacity: true)
            case UInt8(ascii: "\n") where !isQuoted:
                if field.last == UInt8(ascii: "\r") { field.removeLast() }
                fields.append(String(decoding: field, as: UTF8.self))
                return fields
            default:
                field.append(byte)
            }
        }
        guard !isEmptyRow else { return nil }
        fields.append(String(decoding: field, as: UTF8.self))
        return fields
    }

    private mutating func readByte() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        position += 1
        return byte
    }

    private mutating func peek() throws -> UInt8? {
        if position == end {
            let file = file
            end = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            position = 0
            if end == 0 { return nil }
        }
        return chunk[position]
    }
}
