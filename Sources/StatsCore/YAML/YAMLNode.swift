/// A place in a YAML document; line and column count from 1, columns in characters.
package struct YAMLPlace: Sendable, Equatable {
    package let line: Int
    package let column: Int
}

/// One value of a YAML document, and its place.
package struct YAMLNode: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        case integer(Int64)
        case decimal(Double)
        case text(String)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }

    package let value: Value
    package let place: YAMLPlace
    /// How a number or a truth value is written: `0.50`, `True`. Absent for other values.
    package var source: String?
}

/// One key of a mapping and its value. Keys are text, and a mapping has each only once.
package struct YAMLEntry: Sendable, Equatable {
    package let key: String
    /// The place of the key.
    package let place: YAMLPlace
    package let value: YAMLNode
}

/// Why a text isn't YAML, or uses a part of YAML that isn't supported, and what to write instead.
package struct YAMLFault: Error, Equatable, CustomStringConvertible {
    package let place: YAMLPlace
    package let message: String

    package var description: String { "line \(place.line), column \(place.column): \(message)" }
}
