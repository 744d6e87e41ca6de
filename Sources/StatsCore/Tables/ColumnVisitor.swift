/// What kind of value a column holds.
package enum Kind: String, Sendable, Codable {
    /// Only grows while the instance lives; a rate is the difference of two rows.
    case counter
    /// A level at that instant.
    case gauge
    /// Says which instance the row is about.
    case identity
}

/// How a cell is written. The collector checks it before it copies a cell into a CSV file.
package enum CellType: String, Sendable {
    case integer, decimal, text
}

/// What a column's values are for who reads a run, as `columns.csv` says it.
package enum ColumnType: String, Sendable, CaseIterable {
    /// Whole numbers from 0 to 2⁶⁴−1.
    case uint64
    /// Whole numbers that may be below zero.
    case int64
    case double
    /// UTF-8, guarded where a spreadsheet would take it for a formula (`FormulaGuard`).
    case string
    /// An instant as `Timestamp` writes it: UTC, RFC 3339, microseconds.
    case timestamp
    /// A JSON value as a text.
    case json

    /// What a cell of this type says of itself, when nobody says more.
    init(_ cell: CellType) {
        switch cell {
        case .integer: self = .uint64
        case .decimal: self = .double
        case .text: self = .string
        }
    }
}

/// One column of the catalogue, as in `columns.csv`.
package struct Column: Sendable, Equatable {
    package let name: String
    package let unit: String
    package let kind: Kind
    package let type: CellType
    package let valueType: ColumnType
    /// Where the value comes from: a kernel file and field, or an engine field.
    package let source: String
    /// One line of explanation for a reader.
    package let meaning: String

    /// - Parameter valueType: where the cell's type doesn't say all of it.
    package init(name: String, unit: String, kind: Kind, type: CellType, valueType: ColumnType? = nil, source: String, meaning: String) {
        self.name = name
        self.unit = unit
        self.kind = kind
        self.type = type
        self.valueType = valueType ?? ColumnType(type)
        self.source = source
        self.meaning = meaning
    }
}

/// Visits the columns of one row, in catalogue order.
///
/// A table is one function that names each column once, with its value, source and meaning. `RowWriter` uses only the values, and the
/// compiler drops the texts; `CatalogueBuilder` uses only the texts. So cells and columns always have the same order.
/// The unit follows from the name (`_us`, `_bytes`, `_percent`, `_hz`; otherwise a count) unless it is given.
package protocol ColumnVisitor: ~Copyable {
    mutating func integer(
        _ name: StaticString, _ kind: Kind, _ value: UInt64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString)
    mutating func signed(
        _ name: StaticString, _ kind: Kind, _ value: Int64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString)
    mutating func decimal(
        _ name: StaticString, _ kind: Kind, _ value: Double?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString)
    /// A decimal number of which no digit is lost.
    mutating func exact(
        _ name: StaticString, _ kind: Kind, _ value: NumberText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString)
    mutating func text(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString)
    /// A text that is a JSON value. Who looks at cells only takes it as a text.
    mutating func json(_ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ source: StaticString, _ meaning: StaticString)
}

extension ColumnVisitor where Self: ~Copyable {
    @inline(__always) package mutating func json(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ source: StaticString, _ meaning: StaticString
    ) { text(name, kind, value, "", source, meaning) }

    @inline(__always) package mutating func counter(
        _ name: StaticString, _ value: UInt64?, unit: StaticString = "", _ source: StaticString, _ meaning: StaticString
    ) { integer(name, .counter, value, unit, source, meaning) }

    @inline(__always) package mutating func gauge(
        _ name: StaticString, _ value: UInt64?, unit: StaticString = "", _ source: StaticString, _ meaning: StaticString
    ) { integer(name, .gauge, value, unit, source, meaning) }

    @inline(__always) package mutating func gauge(
        _ name: StaticString, _ value: Int64?, unit: StaticString = "", _ source: StaticString, _ meaning: StaticString
    ) { signed(name, .gauge, value, unit, source, meaning) }

    @inline(__always) package mutating func gauge(
        _ name: StaticString, _ value: Double?, unit: StaticString = "", _ source: StaticString, _ meaning: StaticString
    ) { decimal(name, .gauge, value, unit, source, meaning) }

    @inline(__always) package mutating func gauge(
        _ name: StaticString, _ value: EncodedText?, _ source: StaticString, _ meaning: StaticString
    ) { text(name, .gauge, value, "", source, meaning) }

    @inline(__always) package mutating func identity(
        _ name: StaticString, _ value: EncodedText?, _ source: StaticString, _ meaning: StaticString
    ) { text(name, .identity, value, "", source, meaning) }

    @inline(__always) package mutating func identity(
        _ name: StaticString, _ value: UInt64?, unit: StaticString = "", _ source: StaticString, _ meaning: StaticString
    ) { integer(name, .identity, value, unit, source, meaning) }
}
