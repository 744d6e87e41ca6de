import StatsCore

/// Writes structures in Thrift's compact protocol, in which Parquet keeps its headers and its footer
/// (Apache Thrift, `doc/specs/thrift-compact-protocol.md`). Fields are written in ascending order of their ids.
struct ThriftWriter: ~Copyable {
    private enum Wire: UInt8 { case yes = 1, no = 2, i8 = 3, i16 = 4, i32 = 5, i64 = 6, binary = 8, list = 9, structure = 12 }

    private var out = ByteWriter()
    /// The id of the field before, for each structure that is open.
    private var fields: [Int16] = [0]

    /// Closes the outermost structure and returns its bytes.
    consuming func finished() -> [UInt8] {
        out.append(0)
        return out.withUnsafeBytes { Array($0) }
    }

    // MARK: Fields

    mutating func field(_ id: Int16, _ value: Int32) { head(id, .i32, then: Int64(value)) }
    mutating func field(_ id: Int16, _ value: Int64) { head(id, .i64, then: value) }

    mutating func field(_ id: Int16, byte value: Int8) {
        head(id, .i8)
        out.append(UInt8(bitPattern: value))
    }

    mutating func field(_ id: Int16, _ value: Bool) { head(id, value ? .yes : .no) }
    mutating func field(_ id: Int16, _ value: String) { field(id, Array(value.utf8)) }

    mutating func field(_ id: Int16, _ value: [UInt8]) {
        head(id, .binary)
        append(value)
    }

    /// A structure, also one that is a union: then with the one field that it is.
    mutating func field(_ id: Int16, structure body: (inout ThriftWriter) -> Void = { _ in }) {
        head(id, .structure)
        structure(body)
    }

    mutating func field(_ id: Int16, list numbers: [Int32]) {
        head(id, .list)
        beginList(numbers.count, .i32)
        for number in numbers { zigzag(Int64(number)) }
    }

    mutating func field(_ id: Int16, list texts: [String]) {
        head(id, .list)
        beginList(texts.count, .binary)
        for text in texts { append(Array(text.utf8)) }
    }

    mutating func field<Element>(_ id: Int16, list elements: [Element], _ body: (Element, inout ThriftWriter) -> Void) {
        head(id, .list)
        beginList(elements.count, .structure)
        for element in elements { structure { body(element, &$0) } }
    }

    // MARK: Bytes

    private mutating func structure(_ body: (inout ThriftWriter) -> Void) {
        fields.append(0)
        body(&self)
        fields.removeLast()
        out.append(0)
    }

    private mutating func head(_ id: Int16, _ wire: Wire) {
        let step = id - fields[fields.count - 1]
        fields[fields.count - 1] = id
        if (1...15).contains(step) {
            out.append(UInt8(step) << 4 | wire.rawValue)
        } else {
            out.append(wire.rawValue)
            zigzag(Int64(id))
        }
    }

    private mutating func head(_ id: Int16, _ wire: Wire, then value: Int64) {
        head(id, wire)
        zigzag(value)
    }

    private mutating func beginList(_ count: Int, _ wire: Wire) {
        if count < 15 {
            out.append(UInt8(count) << 4 | wire.rawValue)
        } else {
            out.append(0xf0 | wire.rawValue)
            varint(UInt64(count))
        }
    }

    private mutating func append(_ bytes: [UInt8]) {
        varint(UInt64(bytes.count))
        out.append(bytes)
    }

    private mutating func zigzag(_ value: Int64) { varint(LEB128.zigzag(value)) }

    private mutating func varint(_ value: UInt64) { LEB128.write(value) { out.append($0) } }
}
