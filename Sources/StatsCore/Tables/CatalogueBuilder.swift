/// Collects the columns that a table names, and ignores the values.
struct CatalogueBuilder: ColumnVisitor {
    private(set) var columns: [Column] = []

    mutating func integer(
        _ name: StaticString, _ kind: Kind, _ value: UInt64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .integer, .uint64, unit, source, meaning) }

    mutating func signed(
        _ name: StaticString, _ kind: Kind, _ value: Int64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .integer, .int64, unit, source, meaning) }

    mutating func decimal(
        _ name: StaticString, _ kind: Kind, _ value: Double?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .decimal, .double, unit, source, meaning) }

    mutating func exact(
        _ name: StaticString, _ kind: Kind, _ value: NumberText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .decimal, .double, unit, source, meaning) }

    mutating func text(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .text, .string, unit, source, meaning) }

    mutating func json(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ source: StaticString, _ meaning: StaticString
    ) { add(name, kind, .text, .json, "", source, meaning) }

    private mutating func add(
        _ name: StaticString, _ kind: Kind, _ type: CellType, _ valueType: ColumnType, _ unit: StaticString, _ source: StaticString,
        _ meaning: StaticString
    ) {
        let name = "\(name)"
        let given = "\(unit)"
        columns.append(
            Column(
                name: name, unit: given.isEmpty && type != .text ? Self.unit(of: name) : given,
                kind: kind, type: type, valueType: valueType, source: "\(source)", meaning: "\(meaning)"))
    }

    /// The unit, from the ending of a column's name.
    private static func unit(of name: String) -> String {
        if name.hasSuffix("_us") { return "microseconds" }
        if name.hasSuffix("_bytes") { return "bytes" }
        if name.hasSuffix("_percent") { return "percent" }
        if name.hasSuffix("_hz") { return "hertz" }
        return "count"
    }
}
