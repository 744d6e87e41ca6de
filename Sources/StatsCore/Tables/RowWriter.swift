/// Writes the rows of one table as JSON arrays of cells in catalogue order: `[1,2.5,null,"text"],[…]`. An absent value is `null`, never 0.
package struct RowWriter: ColumnVisitor, ~Copyable {
    private(set) package var out = ByteWriter()
    private var isFirst = true

    package init() {}

    /// Begins a row, behind a comma if one was written before.
    package mutating func begin() {
        if !out.isEmpty { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "["))
        isFirst = true
    }

    package mutating func end() { out.append(UInt8(ascii: "]")) }

    /// Appends rows of another writer.
    mutating func append(rows: RawSpan) {
        guard rows.byteCount > 0 else { return }
        if !out.isEmpty { out.append(UInt8(ascii: ",")) }
        out.append(rows)
    }

    package mutating func removeAll() { out.removeAll() }

    @inline(__always) private mutating func separate() {
        if isFirst { isFirst = false } else { out.append(UInt8(ascii: ",")) }
    }

    @inline(__always) package mutating func integer(
        _ name: StaticString, _ kind: Kind, _ value: UInt64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        separate()
        if let value { out.append(decimal: value) } else { out.append("null") }
    }

    @inline(__always) package mutating func signed(
        _ name: StaticString, _ kind: Kind, _ value: Int64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        separate()
        if let value { out.append(decimal: value) } else { out.append("null") }
    }

    @inline(__always) package mutating func decimal(
        _ name: StaticString, _ kind: Kind, _ value: Double?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        separate()
        if let value { out.append(decimal: value) } else { out.append("null") }
    }

    @inline(__always) package mutating func exact(
        _ name: StaticString, _ kind: Kind, _ value: NumberText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        separate()
        if let value { out.append(value) } else { out.append("null") }
    }

    @inline(__always) package mutating func text(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        separate()
        if let value { out.append(value.json) } else { out.append("null") }
    }
}
