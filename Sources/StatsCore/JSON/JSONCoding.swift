import FoundationEssentials

/// How types of ours become JSON and are read from it: one set of options, one way to say what is wrong.
package enum JSONCoding {
    /// Members stand in the order of their names, and slashes as they are.
    /// - Parameter isPretty: with line ends and indentation, where a person reads it.
    package static func encode(_ value: some Encodable, isPretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return Array(try encoder.encode(value))
    }

    /// - Throws: `JSONMismatch` saying what is absent or wrong.
    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: some Sequence<UInt8>
    ) throws(JSONMismatch) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw JSONMismatch(error)
        }
    }

    /// - Throws: `JSONMismatch` saying what is absent or wrong.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: RawSpan) throws(JSONMismatch) -> Value {
        try decode(type, from: bytes.withUnsafeBytes { Data($0) })
    }
}
