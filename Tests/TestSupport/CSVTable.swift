import Foundation

/// A CSV file (RFC 4180, LF, header row). Reading is strict: every deviation is an error.
package struct CSVTable: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Row: Sendable {
        fileprivate let columns: [String: Int]
        package let fields: [String]

        /// The field of that column; `nil` for an empty one, and for a column that doesn't exist.
        package subscript(column: String) -> String? {
            guard let index = columns[column], !fields[index].isEmpty else { return nil }
            return fields[index]
        }

        package func integer(_ column: String) -> Int64? { self[column].flatMap { Int64($0) } }
        package func decimal(_ column: String) -> Double? { self[column].flatMap { Double($0) } }

        package var tick: Int { integer("tick").map { Int($0) } ?? -1 }
        package var node: String { self["node"] ?? "" }
    }

    package let header: [String]
    package let rows: [Row]

    package init(path: String) throws {
        try self.init(Data(contentsOf: URL(fileURLWithPath: path)), name: path)
    }

    package init(_ data: Data, name: String) throws {
        var records = try Self.records(Array(data), name)
        let header = records.removeFirst()
        let columns = Dictionary(header.enumerated().map { ($1, $0) }) { first, _ in first }
        guard columns.count == header.count, columns[""] == nil else {
            throw Fault(description: "\(name) has a header with a name twice or none")
        }
        self.header = header
        rows = records.map { Row(columns: columns, fields: $0) }
    }

    /// Its records, the header among them, which all have as many fields as that.
    package static func records(_ bytes: [UInt8], _ name: String) throws -> [[String]] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Fault(description: "\(name) is not UTF-8") }
        guard bytes.last == UInt8(ascii: "\n") else { throw Fault(description: "\(name) doesn't end with a line feed") }
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") {
                index += 1
                while true {
                    guard index < bytes.count else { throw Fault(description: "\(name) ends within quotes") }
                    if bytes[index] != UInt8(ascii: "\"") {
                        field.append(bytes[index])
                        index += 1
                    } else if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
                        field.append(UInt8(ascii: "\""))
                        index += 2
                    } else {
                        index += 1
                        break
                    }
                }
            } else {
                while index < bytes.count, bytes[index] != UInt8(ascii: ","), bytes[index] != UInt8(ascii: "\n") {
                    guard bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\r") else {
                        throw Fault(description: "\(name) has a quote or a carriage return in a bare field (record \(records.count))")
                    }
                    field.append(bytes[index])
                    index += 1
                }
            }
            guard index < bytes.count, bytes[index] == UInt8(ascii: ",") || bytes[index] == UInt8(ascii: "\n") else {
                throw Fault(description: "\(name) has something behind a closing quote (record \(records.count))")
            }
            record.append(String(decoding: field, as: UTF8.self))
            field.removeAll(keepingCapacity: true)
            if bytes[index] == UInt8(ascii: "\n") {
                records.append(record)
                record.removeAll()
            }
            index += 1
        }
        guard let header = records.first else { throw Fault(description: "\(name) has no header") }
        if let odd = records.firstIndex(where: { $0.count != header.count }) {
            throw Fault(description: "row \(odd) of \(name) has \(records[odd].count) fields, its header \(header.count): \(records[odd])")
        }
        return records
    }
}
