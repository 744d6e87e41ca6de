/// Where something stands in a YAML document; both count from 1, columns in characters.
package struct YAMLPlace: Sendable, Equatable {
    package let line: Int
    package let column: Int
}

/// One value of a YAML document, and where it stands.
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
}

/// One key of a mapping and its value. Keys are text, and none stands twice.
package struct YAMLEntry: Sendable, Equatable {
    package let key: String
    /// Of the key.
    package let place: YAMLPlace
    package let value: YAMLNode
}

/// Why a text isn't YAML, or not of the part of it that is read here, and what to write instead.
package struct YAMLFault: Error, Equatable, CustomStringConvertible {
    package let place: YAMLPlace
    package let message: String

    package var description: String { "line \(place.line), column \(place.column): \(message)" }
}
